// A thin client: it starts the server, runs the open script, and knows nothing of the language.

import * as vscode from "vscode";
import { Runner } from "./run";
import { Server } from "./server";
import { createStatus } from "./status";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("SystemTap Language Server", { log: true });
  const output = vscode.window.createOutputChannel("SystemTap");
  const runner = new Runner(output);
  const started = new Server(log);
  server = started;
  context.subscriptions.push(
    log,
    output,
    runner,
    started,
    createStatus(started, runner),
    vscode.commands.registerCommand("stap.run", (target?: unknown) =>
      runner.run(target instanceof vscode.Uri ? target : undefined),
    ),
    vscode.commands.registerCommand("stap.stop", () => runner.stop()),
    vscode.commands.registerCommand("stap.restartServer", () => started.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("stap-lsp.serverPath")) {
        void started.restart();
      }
    }),
    // Trust may bring a server into reach: the workspace's own.
    vscode.workspace.onDidGrantWorkspaceTrust(() => started.restart()),
  );
  void started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
