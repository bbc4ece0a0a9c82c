/** What to do where the server does not run: said with buttons that do it. */

import * as vscode from "vscode";
import type { Missing } from "./program";

const PACKAGE = "keras-seqspec[lsp]";
const INSTALL = "Install";
const SETTINGS = "Open the settings";
const OUTPUT = "Show the output";

/** Says why the server does not run, and does what the user chooses; true once something was installed. */
export async function tellMissing(why: Missing): Promise<boolean> {
  const buttons = why.python ? [INSTALL, SETTINGS, OUTPUT] : [SETTINGS, OUTPUT];
  const pip = why.installs ? `pip install '${PACKAGE}', or '.[lsp]' in a checkout` : "see the output";
  const hint = why.setting ? `the setting ${why.setting}` : pip;
  const chosen = await vscode.window.showWarningMessage(`seqspec: ${why.reason} (${hint}).`, ...buttons);
  if (chosen === SETTINGS) {
    await vscode.commands.executeCommand("workbench.action.openSettings", why.setting ?? "seqspec");
  } else if (chosen === OUTPUT) {
    await vscode.commands.executeCommand("seqspec.showOutput");
  }
  return chosen === INSTALL && install(why.python!);
}

/** Installs seqspec with its language server, as a task that the user sees; true where that went well. */
export async function install(python: string): Promise<boolean> {
  const pip = new vscode.ProcessExecution(python, ["-m", "pip", "install", PACKAGE]);
  const task = new vscode.Task({ type: "process" }, vscode.TaskScope.Workspace, "install", "seqspec", pip, []);
  const ended = new Promise<boolean>((resolve) => {
    const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== task.name || execution.task.source !== task.source) return;
      listening.dispose();
      resolve(exitCode === 0);
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}
