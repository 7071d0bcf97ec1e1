"""A headless Chromium, spoken to over two pipes in the DevTools protocol: nothing to install beside the browser."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --hide-scrollbars --remote-debugging-pipe"
)
PATIENCE = 60.0  # seconds for one answer
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "p": 80, "P": 80, "Tab": 9, " ": 32}


def find() -> str | None:
    """Where the browser is; None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page in one browser; leaving the block ends it.

    Attributes:
        messages: errors and what the console said.
        requests: addresses that the page asked for.
    """

    def __init__(self, width: int = 1400, height: int = 1000) -> None:
        self._size = (width, height)
        self._profile = tempfile.TemporaryDirectory()
        self._number = 0
        self._pending = b""
        self._session = ""
        self.messages: list[str] = []
        self.requests: list[str] = []

    def __enter__(self) -> Browser:
        program = find()
        assert program is not None
        ours, theirs = os.pipe(), os.pipe()
        line = f'exec "$0" "$@" 3<&{ours[0]} 4>&{theirs[1]}'
        flags = [*FLAGS.split(), f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", line, program, *flags],
            pass_fds=(ours[0], theirs[1]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._out, self._in = ours[1], theirs[0]
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.size(*self._size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)
        self._profile._rmtree(self._profile.name, ignore_errors=True)  # type: ignore[attr-defined]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            chunk = os.read(self._in, 1 << 16)
            assert chunk, "the browser has ended"
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method", ""), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.messages.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" or method == "Log.entryAdded":
            self.messages.append(json.dumps(parameters))

    def open(self, address: str) -> None:
        """Show a page and wait until its script has run."""
        self.ask("Page.navigate", url="about:blank")  # another fragment alone would not load the page again
        self.ask("Page.navigate", url=address)
        self.until("document.readyState + location.protocol == 'completefile:'")

    def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.02)

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, as a hand would."""
        more = {
            "key": key,
            "windowsVirtualKeyCode": KEYS[key],
            "code": f"Key{key.upper()}" if len(key) == 1 else key,
        }
        if len(key) == 1:
            more["text"] = key
        self.ask("Input.dispatchKeyEvent", type="keyDown", **more)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **more)

    def click(self, selector: str) -> None:
        """Click into the middle of an element."""
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def size(self, width: int, height: int) -> None:
        """Make the window so large."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def media(self, kind: str = "", **features: str) -> None:
        """Pretend a medium (screen, print) and preferences: ``prefers_color_scheme="dark"``."""
        found = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.ask("Emulation.setEmulatedMedia", media=kind, features=found)

    def without_script(self) -> None:
        """From the next page on, scripts do not run."""
        self.ask("Emulation.setScriptExecutionDisabled", value=True)

    def settle(self) -> None:
        """Wait until the page has loaded, without running anything in it."""
        while self._read().get("method") != "Page.loadEventFired":
            pass

    def text(self) -> str:
        """All that is to be seen, as text, without running anything in the page."""
        strings = self.ask("DOMSnapshot.captureSnapshot", computedStyles=[])
        names = strings["strings"]
        layout = strings["documents"][0]["layout"]
        return " ".join(names[number] for number in layout["text"] if number >= 0)

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """What is to be seen, as a PNG."""
        data = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))

    def pdf(self, file: Path) -> None:
        """What a printer would get."""
        data = self.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
        file.write_bytes(base64.b64decode(data))
