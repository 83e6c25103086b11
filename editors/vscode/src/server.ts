// The language server's life: started with the first script, restarted on command or when its
// setting changes. All knowledge of the language is on the server's side.

import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, State } from "vscode-languageclient/node";
import { findProgram, reportMissing } from "./program";

export type ServerState = "starting" | "running" | "stopped" | "missing";

const STOP_TIMEOUT_MS = 2000;

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private readonly changed = new vscode.EventEmitter<ServerState>();
  readonly onDidChangeState = this.changed.event;

  constructor(private readonly output: vscode.LogOutputChannel) {}

  /** Stops what runs and starts anew; calls made meanwhile wait for their turn. */
  restart(): Promise<void> {
    this.queue = this.queue.then(() => this.startAnew()).catch((error: unknown) => this.fail(error));
    return this.queue;
  }

  stop(): Promise<void> {
    this.queue = this.queue.then(() => this.stopClient()).catch((error: unknown) => this.fail(error));
    return this.queue;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async startAnew(): Promise<void> {
    await this.stopClient();
    const program = await findProgram();
    if (program.kind === "missing") {
      this.changed.fire("missing");
      this.output.error(program.message);
      void reportMissing(program.message);
      return;
    }
    this.output.info(`starting ${program.path} serve (from ${program.source})`);
    const client = new LanguageClient(
      "stap-lsp",
      "SystemTap Language Server",
      { command: program.path, args: ["serve"] },
      {
        documentSelector: [
          { scheme: "file", language: "systemtap" },
          { scheme: "untitled", language: "systemtap" },
        ],
        outputChannel: this.output,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
      },
    );
    client.onDidChangeState(({ newState }) => this.changed.fire(stateOf(newState)));
    this.client = client;
    await client.start();
  }

  private async stopClient(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) {
      // A server that hangs must not keep the next one from starting; the client kills it by itself.
      await client.stop(STOP_TIMEOUT_MS).catch((error: unknown) => this.output.warn(`while stopping: ${String(error)}`));
    }
  }

  private fail(error: unknown): void {
    this.changed.fire("stopped");
    this.output.error(error instanceof Error ? error : String(error));
    void vscode.window
      .showErrorMessage("The SystemTap language server did not start.", "Show Log")
      .then((answer) => answer && this.output.show());
  }
}

function stateOf(state: State): ServerState {
  switch (state) {
    case State.Running:
      return "running";
    case State.Starting:
      return "starting";
    default:
      return "stopped";
  }
}
