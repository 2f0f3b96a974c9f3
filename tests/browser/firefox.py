"""Firefox without a window, driven over WebDriver BiDi (w3.org/TR/webdriver-bidi), which it speaks itself."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from browser import Started, until
from websockets.sync.client import ClientConnection, connect

PROGRAM = "/usr/bin/firefox-esr"
# Nothing that asks for the internet, and no page of its own. Without the last, being driven changes settings,
# among them whether a session is restored (remote/shared/RecommendedPreferences.sys.mjs).
SETTINGS: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "",
    "remote.prefs.recommended": False,
}


def new_profile(folder: Path, settings: dict[str, bool | int | str] | None = None) -> Path:
    """An empty folder with what the browser is to be set to: it makes no folder itself."""
    folder.mkdir(parents=True, exist_ok=True)
    told = SETTINGS | (settings or {})
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in told.items()]
    (folder / "user.js").write_text("".join(lines))
    return folder


class Firefox(Started):
    """On a profile's folder, with an address opened in a tab of its own."""

    def __init__(self, folder: Path, url: str, *arguments: str) -> None:
        self._numbers = itertools.count(1)
        self._connected = ExitStack()
        command = [PROGRAM, "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0"]
        # What crashes here is killed on purpose.
        super().__init__(folder, [*command, *arguments], MOZ_CRASHREPORTER_DISABLE="1", LANG="C.UTF-8")
        try:
            self._connection: ClientConnection = self._connected.enter_context(self._connect())
            # A profile without the certificate of a test's authority is to be looked at too.
            self.do("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            self.open(url)
        except BaseException:
            self.kill()
            raise

    def _connect(self) -> ClientConnection:
        def told() -> str | None:
            assert self.runs, f"the browser ended at once: {self.said()}"
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", self.log())
            return found and found[1]

        address = until(told, "the browser tells where it listens", within=90)
        # Whatever became of the browser, nothing is waited for at the end.
        waits = {"open_timeout": 60, "close_timeout": 0.1, "ping_interval": None}
        return connect(f"{address}/session", max_size=None, proxy=None, **waits)

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its result; events are passed over."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._connection.recv(timeout=90))
            if said.get("id") == number:
                assert said["type"] == "success", f"{method}: {said}"
                result: dict[str, Any] = said["result"]
                return result

    def open(self, url: str) -> str:
        """Opens an address in a new tab, whose context it gives, and waits for nothing."""
        tab: str = self.do("browsingContext.create", type="tab")["context"]
        self.do("browsingContext.navigate", context=tab, url=url, wait="none")
        return tab

    def close(self) -> None:
        """Closes it as a user does: all is written, and tabs are kept if it is set to restore them."""
        try:
            self.do("browser.close")
        except (OSError, EOFError):
            pass  # it may be gone before it answers
        self._connected.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the browser did not end: {self.said()}") from None
        until(lambda: not self.alive(), "the browser's processes end")

    def break_off(self) -> None:
        """Ends it as a service manager does."""
        self._connected.close()
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._connected.close()
        super().kill()
