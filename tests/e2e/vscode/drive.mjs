// One sitting in a real VS Code, as a person would have it. Takes a JSON object:
//   { scenario, modules, chromium, url, script, profile, screenshot, good }
// prints one line for each thing seen, and exits 1 at the first that does not come.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const setting = JSON.parse(process.argv[2]);
const { chromium } = createRequire(join(setting.modules, "package.json"))("playwright-core");

const PATIENCE_MS = 30_000;
const began = Date.now();

const context = await chromium.launchPersistentContext(setting.profile, {
  executablePath: setting.chromium,
  headless: true,
  viewport: { width: 1280, height: 800 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(PATIENCE_MS);

const editor = page.locator(".editor-instance").first();
const output = () =>
  page
    .locator(".output-view .view-lines, .panel .view-lines")
    .allTextContents()
    .then((texts) => texts.join("\n").replaceAll("\u00a0", " "));

async function step(what, wait) {
  await wait();
  console.log(`${((Date.now() - began) / 1000).toFixed(1)} s  ${what}`);
}

async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not seen in ${PATIENCE_MS / 1000} s: ${what}`);
    await page.waitForTimeout(50);
  }
}

async function replaceText(text) {
  await editor.locator(".view-lines").click({ position: { x: 5, y: 5 } });
  await page.waitForFunction(() => document.activeElement?.closest(".editor-instance"));
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

const language = () => page.locator("#status\\.editor\\.mode", { hasText: "SystemTap" }).waitFor();
const serverRuns = () => page.locator("[id*='stap-lsp'] .codicon-check").first().waitFor();
const squiggle = () => editor.locator(".squiggly-error").first().waitFor();

const scenarios = {
  async sitting() {
    await step("the file's language is SystemTap", language);
    await step("the server runs", serverRuns);
    await step("a wrong script has a squiggle", squiggle);
    await step("corrected, it has none", async () => {
      await replaceText(setting.good);
      await until("no squiggle", async () => (await editor.locator(".squiggly-error").count()) === 0);
    });
    await step("completion offers probe points", async () => {
      await page.keyboard.press("Control+End");
      await page.keyboard.type("\nprobe ti", { delay: 30 });
      const row = page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "timer" });
      await row.first().waitFor();
    });
    await step("the script runs into the output panel", async () => {
      await page.keyboard.press("Escape");
      await replaceText(setting.good);
      await page.locator(".editor-actions .codicon-play").first().click();
      await until("the script's first line", async () => (await output()).includes("hello from panel"));
      await until("output as it comes", async () => (await output()).includes("tick"));
    });
    await step("Stop ends it, its end probe run", async () => {
      await page.locator(".editor-actions .codicon-debug-stop").first().click();
      await until("the end probe's line", async () => (await output()).includes("goodbye"));
      await until("the exit status", async () => (await output()).includes("[exit 0 after"));
      await page.locator(".editor-actions .codicon-play").first().waitFor();
    });
  },

  async untrusted() {
    // The smoke-test driver shows no toasts; the notification centre has them all.
    const messages = page.locator(".notifications-center .notification-list-item");
    const remedy = messages.filter({ hasText: /stap-lsp was not found.*pipx install stap-lsp/ });
    const play = page.locator(".editor-actions .codicon-play");
    await step("the file's language is SystemTap", language);
    await step("the workspace's program is not started, one message has the remedy", async () => {
      await page.locator("[id*='stap-lsp'] .codicon-error").first().waitFor();
      await page.locator("#status\\.notifications").click();
      await remedy.waitFor();
      assert.equal(await messages.count(), 1);
    });
    await step("nothing can be run", async () => assert.equal(await play.count(), 0));
    await step("trusted, the workspace's program serves and scripts can be run", async () => {
      await page.locator("#status\\.workspaceTrust").click();
      await page.locator(".workspace-trust-editor .monaco-button", { hasText: "Trust" }).first().click();
      await page.locator(".squiggly-error").first().waitFor();
      await play.first().waitFor();
    });
  },
};

try {
  const remote = `vscode-remote://${new URL(setting.url).host}`;
  const payload = JSON.stringify([["openFile", remote + setting.script]]);
  await page.goto(`${setting.url}/?folder=${dirname(setting.script)}&payload=${encodeURIComponent(payload)}`, {
    waitUntil: "domcontentloaded",
    timeout: PATIENCE_MS,
  });
  await scenarios[setting.scenario]();
} catch (error) {
  console.log(`FAILED: ${error.message}`);
  console.log(`output panel: ${JSON.stringify(await output().catch(() => ""))}`);
  await page.screenshot({ path: setting.screenshot, timeout: 5000 }).catch(() => {});
  process.exitCode = 1;
} finally {
  await Promise.race([context.close(), new Promise((resolve) => setTimeout(resolve, 5000))]);
  process.exit();
}
