// Running the open script: `stap-lsp run` as a child, its output streamed into the channel
// "SystemTap". Stop asks first (SIGINT: end probes run), then insists (SIGTERM, SIGKILL).

import { type ChildProcess, spawn } from "node:child_process";
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { findProgram, reportMissing } from "./program";

const PATIENCE_MS = 5000; // for each signal, before the next stronger one
const FLUSH_MS = 50;

interface Run {
  readonly child: ChildProcess;
  readonly script: vscode.Uri;
  readonly prefix: readonly string[];
  readonly ended: Promise<void>;
  stopping: boolean;
}

export class Runner implements vscode.Disposable {
  private current: Run | undefined;
  private readonly changed = new vscode.EventEmitter<vscode.Uri | undefined>();
  /** Fires the script that has begun to run, or undefined when it has ended. */
  readonly onDidChangeRun = this.changed.event;

  constructor(private readonly output: vscode.OutputChannel) {}

  async run(target?: vscode.Uri): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showErrorMessage("Scripts run only in a trusted workspace: trust it first (Manage Workspace Trust).");
      return;
    }
    if (this.current !== undefined) {
      void vscode.window.showWarningMessage(`${basename(this.current.script.fsPath)} is still running: stop it first.`);
      return;
    }
    const script = await savedScript(target);
    if (script === undefined) {
      return;
    }
    const program = await findProgram();
    if (program.kind === "missing") {
      void reportMissing(program.message);
      return;
    }
    const settings = vscode.workspace.getConfiguration("stap-lsp", script);
    const prefix = settings.get<string[]>("runCommandPrefix", []);
    const [command = program.path, ...words] = [...prefix, program.path, "run", ...settings.get<string[]>("runArguments", []), script.fsPath];
    this.start(command, words, prefix, script);
  }

  /** Ends the run: SIGINT, then SIGTERM, then SIGKILL, each after a bound. Resolves when it is over. */
  async stop(): Promise<void> {
    const run = this.current;
    if (run === undefined || run.stopping) {
      return;
    }
    run.stopping = true;
    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
      this.send(run, signal);
      if (await endsWithin(run.ended, PATIENCE_MS)) {
        return;
      }
      this.output.appendLine(`[no end ${PATIENCE_MS / 1000} s after ${signal}]`);
    }
    run.stopping = false;
  }

  dispose(): void {
    if (this.current !== undefined) {
      this.send(this.current, "SIGINT");
    }
    this.changed.dispose();
  }

  private start(command: string, words: readonly string[], prefix: readonly string[], script: vscode.Uri): void {
    this.output.clear();
    this.output.show(true);
    this.output.appendLine(`$ ${[command, ...words].join(" ")}`);
    const began = Date.now();
    const child = spawn(command, words, { cwd: dirname(script.fsPath), stdio: ["ignore", "pipe", "pipe"] });
    const flush = this.stream(child);
    const ended = new Promise<void>((resolve) => {
      const end = (how: string): void => {
        flush();
        this.output.appendLine(`[${how} after ${((Date.now() - began) / 1000).toFixed(1)} s]`);
        this.current = undefined;
        this.changed.fire(undefined);
        resolve();
      };
      child.once("error", (error) => end(`could not start: ${error.message}`));
      child.once("close", (code, signal) => {
        if (child.pid !== undefined) {
          end(signal === null ? `exit ${code}` : `ended by ${signal}`);
        }
      });
    });
    this.current = { child, script, prefix, ended, stopping: false };
    this.changed.fire(script);
  }

  /** Appends in batches: a busy script prints more often than a panel can be told. */
  private stream(child: ChildProcess): () => void {
    let pending = "";
    let timer: NodeJS.Timeout | undefined;
    const flush = (): void => {
      clearTimeout(timer);
      timer = undefined;
      if (pending !== "") {
        this.output.append(pending);
        pending = "";
      }
    };
    for (const pipe of [child.stdout, child.stderr]) {
      pipe?.setEncoding("utf8").on("data", (text: string) => {
        pending += text;
        timer ??= setTimeout(flush, FLUSH_MS);
      });
    }
    return flush;
  }

  private send(run: Run, signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    const { pid } = run.child;
    if (pid === undefined) {
      return;
    }
    try {
      process.kill(pid, signal);
    } catch (error) {
      const [command, ...words] = run.prefix;
      // The prefix made the run another user's (EPERM): only the same prefix may signal it.
      if ((error as NodeJS.ErrnoException).code === "EPERM" && command !== undefined) {
        spawn(command, [...words, "kill", `-${signal.slice(3)}`, String(pid)], { stdio: "ignore" }).once("error", (failure) =>
          this.output.appendLine(`[${signal} could not be sent: ${failure.message}]`),
        );
      } else if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
        this.output.appendLine(`[${signal} could not be sent: ${String(error)}]`);
      }
    }
  }
}

/** The script to run as a file on disk, saved; undefined when there is none or saving was given up. */
async function savedScript(target: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const document =
    target === undefined ? vscode.window.activeTextEditor?.document : await vscode.workspace.openTextDocument(target);
  if (document?.languageId !== "systemtap") {
    void vscode.window.showErrorMessage("Open a SystemTap script (.stp) to run it.");
    return undefined;
  }
  const saved = document.isDirty || document.isUntitled ? await vscode.workspace.save(document.uri) : document.uri;
  return saved?.scheme === "file" ? saved : undefined;
}

function endsWithin(ended: Promise<void>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    void ended.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
