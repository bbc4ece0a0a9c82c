/** What the Python extension knows, where it is installed. */

import * as vscode from "vscode";

/** The part of its interface that is asked. */
interface PythonExtension {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(path: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

async function environments(): Promise<PythonExtension["environments"] | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  try {
    return (await extension?.activate())?.environments;
  } catch {
    return undefined;
  }
}

/** The interpreter that it has chosen for a folder. */
export async function chosenInterpreter(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const known = await environments();
  const environment = known && (await known.resolveEnvironment(known.getActiveEnvironmentPath(folder)));
  return environment?.executable.uri?.fsPath;
}

/** Calls back when another interpreter is chosen; the extension is not started for that alone. */
export function onDidChooseInterpreter(context: vscode.ExtensionContext, changed: () => void): void {
  const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  if (extension?.isActive) {
    const known = extension.exports?.environments;
    if (known) context.subscriptions.push(known.onDidChangeActiveEnvironmentPath(changed));
  }
}
