// One status bar item: how the server does, or which script runs, and a click that helps.

import { basename } from "node:path";
import * as vscode from "vscode";
import type { Runner } from "./run";
import type { Server, ServerState } from "./server";

const LOOKS: Record<ServerState, { icon: string; tooltip: string }> = {
  starting: { icon: "$(sync~spin)", tooltip: "The language server is starting" },
  running: { icon: "$(check)", tooltip: "The language server is running; click to restart it" },
  stopped: { icon: "$(warning)", tooltip: "The language server is not running; click to start it" },
  missing: { icon: "$(error)", tooltip: "stap-lsp was not found; click to search again" },
};

export function createStatus(server: Server, runner: Runner): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("stap-lsp.status", vscode.StatusBarAlignment.Left);
  item.name = "SystemTap";
  let state: ServerState = "stopped";
  let script: vscode.Uri | undefined;

  const show = (): void => {
    if (script !== undefined) {
      item.text = `$(debug-stop) ${basename(script.fsPath)}`;
      item.tooltip = "The script is running; click to stop it";
      item.command = "stap.stop";
    } else {
      const { icon, tooltip } = LOOKS[state];
      item.text = `${icon} SystemTap`;
      item.tooltip = tooltip;
      item.command = "stap.restartServer";
    }
    if (script !== undefined || vscode.window.activeTextEditor?.document.languageId === "systemtap") {
      item.show();
    } else {
      item.hide();
    }
  };

  show();
  return vscode.Disposable.from(
    item,
    vscode.window.onDidChangeActiveTextEditor(show),
    server.onDidChangeState((next) => {
      state = next;
      show();
    }),
    runner.onDidChangeRun((next) => {
      script = next;
      void vscode.commands.executeCommand("setContext", "stap-lsp.running", next !== undefined);
      show();
    }),
  );
}
