"""The pytest plugin of dropoff: the fixture ``dropoff_sandbox``.

pytest imports it at every start, wherever the package is installed, and ends if that fails. So it stands
beside the package and not in it, and imports it when a test asks for the fixture.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropoff.testing import Sandbox

# With a proxy of the developer's own, loopback could be looked for elsewhere.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(scope="session")
def dropoff_sandbox_of_the_session() -> Iterator[Sandbox]:
    """One sandbox for all tests, started for the first that wants it."""
    from dropoff.testing import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def dropoff_sandbox(
    dropoff_sandbox_of_the_session: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """An empty sandbox, to which clients without arguments lead, also in programs that the test starts."""
    sandbox = dropoff_sandbox_of_the_session
    sandbox.reset()
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    yield sandbox
    # Lets go what a test may have left held.
    sandbox.clear_faults()
