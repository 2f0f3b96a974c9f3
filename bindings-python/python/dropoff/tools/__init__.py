"""Tools for agents: a name, a description, JSON Schemas and a handler that never raises, for each operation.

:func:`make_tools` makes them of clients, and of what the program allows::

    from dropoff import AgentDrop
    from dropoff.tools import make_tools

    tools = make_tools(
        roots=["outbox"], agentdrop=AgentDrop(), sender="data-pipeline", recipients=["analysis-agent"]
    )

Names, descriptions and schemas are the same in all languages. They depend on no framework, and fit each with
a few lines of glue. A result holds the facts that a model can use and no signed URL; a failure is
``{"error": {…}}`` with ``retryable``, ``outcome`` and ``next``, a sentence on what to do.
"""

from ._description import ERROR_SCHEMA
from ._make import Target, make_tools
from ._tool import Tool

__all__ = ["ERROR_SCHEMA", "Target", "Tool", "make_tools"]
