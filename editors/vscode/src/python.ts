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

const extension = () => vscode.extensions.getExtension<PythonExtension>("ms-python.python");

/** The interpreter that it has chosen for a folder. */
export async function chosenInterpreter(folder: vscode.Uri | undefined): Promise<string | undefined> {
  try {
    const environments = (await extension()?.activate())?.environments;
    const environment = await environments?.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
    return environment?.executable.uri?.fsPath;
  } catch {
    return undefined;
  }
}

/** Calls back when another interpreter is chosen; the extension is not started for that alone. */
export function onDidChooseInterpreter(context: vscode.ExtensionContext, changed: () => void): void {
  const active = extension()?.isActive ? extension()?.exports?.environments : undefined;
  if (active) context.subscriptions.push(active.onDidChangeActiveEnvironmentPath(changed));
}
