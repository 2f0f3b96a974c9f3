"""Every kind of folder a caller may give, what must be true of it, and why nobody could tell.

`recipes.py` makes them, `verdicts.py` goes over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import recipes as made
from browser import Apart, Browser, Started
from encryption import decrypt
from firefox import Firefox
from folders import Maker, Shell, cut
from recipes import Recipe


@dataclass(frozen=True)
class Kind:
    name: str
    # Makes the folder at the path it is given; gives another one if that is what the caller gives.
    make: Recipe
    # Whether the browser on the other side is signed in.
    signs_in: bool
    # Why the verdict may be `unknown`. Without a reason it must not be.
    unknown: str = ""
    # What a refusal says, where the folder may be refused instead.
    refused: str = ""
    # What one of the warnings says.
    warned: str = ""
    # Whether its browser still runs, which must be noticed.
    running: bool = False
    pack: dict[str, Any] = field(default_factory=dict)
    # What it is given as; the folder tells itself otherwise.
    browser_name: str | None = None
    # The browser on the other side.
    opens: Callable[..., Started] = Browser
    # What the sign-in is kept in, by the page's report; or asks the browser's folder itself.
    kept_in: str = "login"
    # What else of it there is on the other side.
    also: Callable[[Maker, Path], str] | None = None


# Reasons that several have in common.
ELSEWHERE = "no cookie signs in; what is kept in site storage may"
NO_SIGN = "nothing in it tells its system"
WHICH = "which of its cookies signs in is nobody's to know"

KINDS = [
    Kind("Chromium, closed", made.copied("chromium"), True),
    Kind("Chromium, killed after its cookies were written", made.killed(once_written=True), True),
    Kind("Chromium, killed at once", made.killed(once_written=False), False, unknown=ELSEWHERE),
    Kind("Chromium, session cookies", made.signed_in("session"), False, unknown=ELSEWHERE),
    Kind(
        "Chromium, session cookies, continues where it left off",
        # chrome/browser/prefs/session_startup_pref.h
        made.signed_in("session", session={"restore_on_startup": 1}),
        True,
        kept_in="brief",
    ),
    # After a crash they are kept: ShouldRestoreOldSessionCookies in chrome/browser/profiles/profile_impl.cc.
    Kind(
        "Chromium, session cookies, killed",
        # `ShouldRestoreOldSessionCookies`: chrome/browser/profiles/profile_impl.cc
        made.killed(once_written=True, what="session"),
        True,
        kept_in="brief",
    ),
    Kind("Chromium, expired cookies", made.with_cookies(made.expired), False, unknown=ELSEWHERE),
    # SQLite undoes what was not finished by the journal that is left: sqlite.org/atomiccommit.html, 4.
    Kind(
        "Chromium, killed while it removed its cookies",
        made.with_cookies(made.killed_while_it_set(made.chromium_time(-86400))),
        True,
    ),
    Kind(
        "Chromium, killed while it stored its first cookies that last",
        made.with_cookies(made.killed_while_it_signed_in),
        False,
        unknown=ELSEWHERE,
    ),
    Kind(
        "Chromium, no row in Cookies",
        made.with_cookies(lambda cookies: made.execute(cookies, "DELETE FROM cookies")),
        False,
        unknown=ELSEWHERE,
    ),
    Kind(
        "Chromium, Cookies of 0 bytes",
        made.with_cookies(made.emptied),
        False,
        unknown=ELSEWHERE,
    ),
    Kind(
        "Chromium, Cookies cut in half", made.with_cookies(cut), False, unknown="its cookies cannot be read"
    ),
    Kind(
        "Chromium, Cookies of a schema of later",
        made.with_cookies(
            lambda cookies: made.execute(
                cookies,
                "ALTER TABLE cookies RENAME COLUMN encrypted_value TO sealed_value",
                "UPDATE meta SET value = '99' WHERE key IN ('version', 'last_compatible_version')",
            )
        ),
        False,
        unknown="its cookies cannot be read",
    ),
    Kind("Chromium, cookies of a keyring (v11)", made.with_cookies(made.marked("v11")), False),
    Kind("Chromium, cookies of a portal's key (v12)", made.with_cookies(made.marked("v12")), False),
    Kind("Chromium, cookies bound to the browser (v20)", made.with_cookies(made.marked("v20")), False),
    Kind("Chromium, cookies that are not encrypted", made.with_cookies(decrypt), True),
    Kind(
        "Chromium, another site's cookie of a keyring",
        made.with_cookies(made.with_another_site),
        True,
        unknown=WHICH,
    ),
    # One that cannot be decrypted, and none of its site is loaded: sqlite_persistent_cookie_store.cc.
    Kind(
        "Chromium, another cookie of the site of a keyring",
        made.with_cookies(made.marked("v11", "name = 'script'")),
        False,
        unknown=WHICH,
    ),
    Kind("Chrome of a Mac", made.of_a_mac(signs=True), False),
    Kind("Chrome of a Mac, without a sign of it", made.of_a_mac(signs=False), False, unknown=NO_SIGN),
    Kind("Chrome of Windows", made.windows_with(lambda folder: None), False),
    Kind(
        "Chrome of Windows, without Local State",
        made.windows_with(lambda folder: (folder / "Local State").unlink()),
        False,
    ),
    Kind(
        "Chrome of Windows, nothing but its profile",
        made.windows_with(made.only_the_profile),
        False,
        unknown=NO_SIGN,
    ),
    Kind(
        "Chrome of Windows, Local State cut in half",
        made.windows_with(lambda folder: cut(folder / "Local State")),
        False,
    ),
    Kind(
        "Chrome of Windows, Local State saved with a byte order mark",
        made.windows_with(lambda folder: made.with_mark_of_order(folder / "Local State")),
        False,
    ),
    Kind("Chromium, Local State cut in half", made.with_local_state(cut), True, unknown=NO_SIGN),
    Kind(
        "Chromium, Local State with a byte order mark", made.with_local_state(made.with_mark_of_order), True
    ),
    Kind("Chromium, Local State of 100 MB", made.with_local_state(made.large), True, unknown=NO_SIGN),
    Kind("Chromium, Local State 10,000 deep", made.with_local_state(made.nested), True, unknown=NO_SIGN),
    Kind("Chromium, no Local State", made.with_local_state(Path.unlink), True, unknown=NO_SIGN),
    Kind("Chromium, cookies in Network/", made.in_network, False, unknown="a Linux does not have them there"),
    Kind("two profiles, the last one used is signed in", made.two_profiles(last="Profile 2"), True),
    Kind(
        "two profiles, the other one is signed in",
        made.two_profiles(last="Default"),
        False,
        unknown=ELSEWHERE,
    ),
    Kind(
        "two profiles, the one that was used last packed alone",
        made.two_profiles(last="Profile 2"),
        True,
        pack={"profile": "Profile 2"},
    ),
    Kind(
        "two profiles, the other one packed alone",
        made.first_of_two,
        False,
        unknown="it opens if its name is given",
        pack={"profile": "Default"},
    ),
    Kind(
        "Opera's older layout: the profile at the top",
        made.at_the_top,
        False,
        unknown="opens in its own program",
    ),
    Kind(
        "Opera's older layout, packed with the prefix that Chromium looks in",
        made.at_the_top,
        True,
        unknown=NO_SIGN,
        pack={"prefix": "Default"},
    ),
    Kind("Electron, signed in in a partition", made.electron, False, unknown="opens in its own program"),
    Kind(
        "Qt WebEngine, one profile",
        made.qt_profile,
        False,
        unknown="opens in its own program",
        refused="is one profile of a user-data folder",
    ),
    Kind("Qt WebEngine, the folder of its profiles", made.qt_profiles, True, unknown=NO_SIGN),
    Kind("headless shell, closed", made.by_the_shell, True),
    Kind("headless shell, closed, a copy of its folder", made.copied("shell"), True, unknown=NO_SIGN),
    Kind("headless shell, running", made.running(Shell), True, running=True),
    Kind("Chromium, running", made.running(Browser), True, running=True),
    Kind("Chromium, running in another PID namespace", made.running(Apart), True, running=True),
    Kind(
        "Chromium, signed in by local storage",
        made.signed_in("local"),
        True,
        unknown=ELSEWHERE,
        kept_in="local",
    ),
    Kind(
        "Chromium, signed in by IndexedDB",
        made.signed_in("database"),
        True,
        unknown=ELSEWHERE,
        kept_in="record",
    ),
    Kind("Chromium, never signed in", made.looked_at, False, unknown=ELSEWHERE),
    Kind(
        "Chromium, an unpacked extension",
        made.with_extension,
        True,
        warned="loaded from",
        also=made.extension_there,
    ),
    Kind("Chromium, an installed app", made.with_app, True, also=made.app_there),
    Kind(
        "Chromium, an installed app, level minimal",
        made.with_app,
        True,
        pack={"level": "minimal"},
        also=made.app_there,
    ),
    Kind(
        "Chromium, Default is a symlink",
        made.symlinked("Default"),
        False,
        unknown="what it leads to is not packed",
        warned="symlink",
        refused="symlink",
    ),
    Kind(
        "Chromium, Cookies is a symlink",
        made.symlinked("Default/Cookies"),
        False,
        unknown="what it leads to is not packed",
        warned="symlink",
        refused="symlink",
    ),
    Kind("Chromium, on a volume with lost+found", made.on_a_volume, True),
    Kind("Firefox, closed", made.copied("firefox"), True, opens=Firefox),
    Kind("Firefox, running", made.firefox_running, True, running=True, opens=Firefox),
    Kind("Firefox, killed, its log left", made.firefox_killed, True, opens=Firefox),
    Kind(
        "Firefox, session cookies, killed",
        made.firefox_killed_with_tabs,
        True,
        kept_in="brief",
        opens=Firefox,
    ),
    Kind(
        "Firefox, session cookies", made.firefox_signed_in("session"), False, unknown=ELSEWHERE, opens=Firefox
    ),
    Kind(
        "Firefox, session cookies, opens what was open",
        made.firefox_signed_in("session", browser__startup__page=3),
        True,
        kept_in="brief",
        opens=Firefox,
    ),
    Kind(
        "Firefox, session cookies, opens what was open, level minimal",
        made.firefox_signed_in("session", browser__startup__page=3),
        True,
        pack={"level": "minimal"},
        kept_in="brief",
        opens=Firefox,
    ),
    Kind(
        "Firefox, expired cookies",
        made.firefox_with_cookies(made.firefox_expired),
        False,
        unknown=ELSEWHERE,
        opens=Firefox,
    ),
    Kind(
        "Firefox, no row in cookies.sqlite",
        made.firefox_with_cookies(lambda cookies: made.execute(cookies, "DELETE FROM moz_cookies")),
        False,
        unknown=ELSEWHERE,
        opens=Firefox,
    ),
    Kind(
        "Firefox, cookies.sqlite of 0 bytes",
        made.firefox_with_cookies(made.emptied),
        False,
        unknown=ELSEWHERE,
        opens=Firefox,
    ),
    Kind(
        "Firefox, cookies.sqlite cut short",
        made.firefox_with_cookies(made.firefox_cut),
        False,
        unknown="its cookies cannot be read",
        opens=Firefox,
    ),
    Kind(
        "Firefox, signed in by local storage",
        made.firefox_signed_in("local"),
        True,
        unknown=ELSEWHERE,
        kept_in="local",
        opens=Firefox,
    ),
    Kind("Firefox, never signed in", made.firefox_looked_at, False, unknown=ELSEWHERE, opens=Firefox),
    Kind(
        "Firefox, signed in by a certificate",
        made.with_certificate,
        True,
        unknown="whether a site asks for it is nobody's to know",
        kept_in="certificate",
        opens=Firefox,
    ),
    Kind(
        "Firefox, signed in by a certificate, level minimal",
        made.with_certificate,
        True,
        unknown="whether a site asks for it is nobody's to know",
        pack={"level": "minimal"},
        kept_in="certificate",
        opens=Firefox,
    ),
    Kind("Firefox, the folder of its profiles", made.several_firefox_profiles, True, opens=Firefox),
    Kind(
        "Firefox, the folder of its profiles, one named",
        made.several_firefox_profiles,
        True,
        pack={"profile": "efgh5678.default-esr"},
        opens=Firefox,
    ),
    Kind(
        "WebKitGTK", made.webkit, False, unknown="opens in its own program", refused="WebKit", opens=Firefox
    ),
    Kind(
        "Firefox, given as chromium",
        made.copied("firefox"),
        False,
        warned="Firefox",
        refused="Firefox",
        browser_name="chromium",
    ),
    Kind(
        "Chromium, given as firefox",
        made.copied("chromium"),
        False,
        warned="Chromium",
        refused="Chromium",
        browser_name="firefox",
        opens=Firefox,
    ),
]
