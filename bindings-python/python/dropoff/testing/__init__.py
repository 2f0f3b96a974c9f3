"""Both services on loopback, for tests: strict as their documents, over storage that checks signatures, and
with faults on order.

::

    from dropoff.testing import Sandbox

    with Sandbox() as sandbox:
        drop = sandbox.agentdrop()
        sandbox.faults({"on": "put", "do": {"reply": {"status": 503}}})
        drop.send([("report.pdf", b"%PDF")], sender="a", recipient="b")
        assert [request["op"] for request in sandbox.requests()].count("put") == 2

With pytest there is the fixture ``dropoff_sandbox``, an empty sandbox that the environment of the test points
at, so that a program that says ``AgentDrop()`` runs against it unchanged. A client that was made before the
test, as while a module is loaded, leads where it did.
"""

from ._sandbox import Sandbox

__all__ = ["Sandbox"]
