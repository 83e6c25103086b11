// Where the `stap-lsp` program is. One order, for the server and the runner alike: the setting, the
// environment, the workspace's virtual environment, PATH. What is named but not there is an error
// and never skipped, so that nobody wonders which program is running.

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import * as vscode from "vscode";

export type Program =
  | { readonly kind: "found"; readonly path: string; readonly source: string }
  | { readonly kind: "missing"; readonly message: string };

export async function findProgram(): Promise<Program> {
  const configured = vscode.workspace.getConfiguration("stap-lsp").get<string>("serverPath", "");
  if (configured !== "") {
    return named(expand(configured), "the setting stap-lsp.serverPath");
  }
  const fromEnvironment = process.env["STAP_LSP"];
  if (fromEnvironment) {
    return named(fromEnvironment, "the environment variable STAP_LSP");
  }
  if (vscode.workspace.isTrusted) {
    for (const folder of localFolders()) {
      const path = join(folder, ".venv", "bin", "stap-lsp");
      if (await isExecutable(path)) {
        return { kind: "found", path, source: "the workspace's .venv" };
      }
    }
  }
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, "stap-lsp");
    if (isAbsolute(directory) && (await isExecutable(path))) {
      return { kind: "found", path, source: "PATH" };
    }
  }
  const searched = vscode.workspace.isTrusted
    ? "not in .venv/bin of the workspace, not on PATH."
    : "not on PATH (.venv of the workspace counts only once the workspace is trusted).";
  return {
    kind: "missing",
    message:
      `The program stap-lsp was not found: ${searched} ` +
      "Install it (pipx install stap-lsp), or name it in the setting stap-lsp.serverPath.",
  };
}

export async function reportMissing(message: string): Promise<void> {
  const settings = "Open Settings";
  const retry = "Try Again";
  const answer = await vscode.window.showErrorMessage(message, settings, retry);
  if (answer === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "stap-lsp.serverPath");
  } else if (answer === retry) {
    await vscode.commands.executeCommand("stap.restartServer");
  }
}

export function localFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === "file")
    .map((folder) => folder.uri.fsPath);
}

async function named(path: string, source: string): Promise<Program> {
  if (await isExecutable(path)) {
    return { kind: "found", path, source };
  }
  return {
    kind: "missing",
    message: `${path}, named by ${source}, is not a program. Correct it, or empty it to search .venv and PATH.`,
  };
}

function expand(path: string): string {
  const folder = localFolders()[0] ?? "";
  const expanded = path.replace(/^~(?=\/|$)/, homedir()).replaceAll("${workspaceFolder}", folder);
  return isAbsolute(expanded) ? expanded : join(folder, expanded);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // absent or not executable: either way not a program to start
  }
}
