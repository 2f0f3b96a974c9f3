"""Annotations and signatures for programs that ask at run time, as agent frameworks do of their tools.

They are those of the stubs beside this file, read when somebody asks: `typing` and `inspect` cost more
than all the rest of the package. Values that no JSON holds, such as callbacks and keys, tell pydantic
so, and schemas of tools leave them out.
"""

from __future__ import annotations

import ast
import collections.abc
import inspect
import typing
from functools import cache
from importlib import import_module
from importlib.resources import files
from types import GenericAlias
from typing import Any

from . import _native

# -- what the stubs name and has no class that can be asked


def _checked_schema(cls: type, check: typing.Callable[[object], bool]) -> Any:
    """A pydantic schema of whatever passes the check, as it is."""
    pydantic = import_module("pydantic_core")
    schemas = pydantic.core_schema

    def checked(value: object) -> object:
        if isinstance(value, collections.abc.Mapping) and hasattr(cls, "from_dict"):
            try:
                return cls.from_dict(value)
            except ValueError as error:
                raise pydantic.PydanticCustomError(
                    "dropoff_fields", "{reason}", {"reason": str(error)}
                ) from None
        if not check(value):
            raise pydantic.PydanticCustomError("dropoff_type", f"Input should be a {cls.__name__}")
        return value

    if not hasattr(cls, "to_dict"):
        return schemas.no_info_plain_validator_function(checked)
    told = schemas.plain_serializer_function_ser_schema(_told)
    return schemas.no_info_plain_validator_function(checked, serialization=told)


def _told(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else value


def json_schema(cls: type, _schema: object, handler: Any) -> dict[str, Any]:
    """What has a `to_dict` is told by it; anything else is left out of what a model is told it may give."""
    if hasattr(cls, "from_dict"):
        return _schema_of_fields(cls, handler)
    if hasattr(cls, "to_dict") or handler.mode == "serialization":
        return {"type": "object", "title": cls.__name__}
    raise import_module("pydantic_core").PydanticOmit


def _schema_of_fields(cls: type, handler: Any) -> dict[str, Any]:
    """The schema of a result, from the types of its attributes, with what the stubs say of each."""
    properties: dict[str, Any] = {}
    for name, kind in attributes_of(cls).items():
        adapter = import_module("pydantic").TypeAdapter(kind)
        properties[name] = handler(adapter.core_schema) | {"description": getattr(cls, name).__doc__}
    title = {"type": "object", "title": cls.__name__, "description": cls.__doc__}
    return title | {"properties": properties, "required": list(properties)}


class _OpenObject:
    """A mapping, told in JSON schemas as an object: strict tools refuse any word about more properties."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: typing.Callable[[Any], Any]) -> Any:
        told = handler(schema)
        told.pop("additionalProperties", None)
        return told


class _Mapping:
    """`Mapping` as the stubs write it."""

    def __getitem__(self, kinds: tuple[Any, Any]) -> Any:
        return typing.Annotated[GenericAlias(collections.abc.Mapping, kinds), _OpenObject()]


class Buffer:
    """Bytes in memory, as `collections.abc.Buffer` of later Pythons."""


class FileObject(typing.Protocol):
    """A file object opened in binary mode."""

    def read(self, size: int, /) -> bytes: ...


class Chunks(typing.Protocol):
    """An iterator of bytes."""

    def __next__(self) -> bytes: ...


class AsyncFileObject(typing.Protocol):
    """A file object whose `read` is a coroutine."""

    async def read(self, size: int, /) -> bytes: ...


class AsyncChunks(typing.Protocol):
    """An async iterable of bytes."""

    def __aiter__(self) -> collections.abc.AsyncIterator[bytes]: ...


class ProgressCallback(typing.Protocol):
    """A plain function that is called with a `Progress`."""

    def __call__(self, progress: _native.Progress, /) -> object: ...


def _has_a_buffer(value: object) -> bool:
    try:
        memoryview(value).release()  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _taken_if(cls: Any, check: typing.Callable[[object], bool]) -> None:
    """Lets pydantic take what passes the check for a class that nothing is an instance of."""
    cls.__get_pydantic_core_schema__ = lambda _source, _handler: _checked_schema(cls, check)
    cls.__get_pydantic_json_schema__ = classmethod(json_schema)


_taken_if(Buffer, _has_a_buffer)
_taken_if(FileObject, lambda value: callable(getattr(value, "read", None)))
_taken_if(Chunks, lambda value: hasattr(value, "__next__"))
_taken_if(AsyncFileObject, lambda value: callable(getattr(value, "read", None)))
_taken_if(AsyncChunks, lambda value: hasattr(value, "__aiter__"))
_taken_if(ProgressCallback, callable)


def pydantic_schema(cls: type) -> Any:
    """How pydantic takes an object of this package."""
    return _checked_schema(cls, lambda value: isinstance(value, cls))


# -- the stubs


class _Stub:
    """One of the stubs: the annotations of its functions, by qualified name."""

    def __init__(self, name: str) -> None:
        text = files(__package__).joinpath(f"{name}.pyi").read_text("utf-8")
        self._tree = ast.parse(text)
        self.names: dict[str, Any] = _names() if name == "_native" else dict(_stub("_native").names)
        self.functions: dict[str, dict[str, Any]] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self._read()

    def _read(self) -> None:
        for node in self._tree.body:
            if (
                isinstance(node, ast.AnnAssign)
                and node.value is not None
                and isinstance(node.target, ast.Name)
            ):
                # An alias. What stands here already is a class that can be asked.
                self.names.setdefault(node.target.id, self._value(node.value))
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.names[node.targets[0].id] = self._value(node.value)
            elif isinstance(node, ast.ClassDef):
                self._read_class(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name] = self._annotations(node)

    def _read_class(self, node: ast.ClassDef) -> None:
        attributes = self.attributes.setdefault(node.name, {})
        for member in node.body:
            if not isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            # The last of several overloads is the most general.
            annotations = self._annotations(member)
            self.functions[f"{node.name}.{member.name}"] = annotations
            if any(isinstance(d, ast.Name) and d.id == "property" for d in member.decorator_list):
                attributes[member.name] = annotations["return"]

    def _annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
        given = node.args
        arguments = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
        found = {a.arg: self._value(a.annotation) for a in arguments if a is not None and a.annotation}
        if node.returns is not None:
            found["return"] = self._value(node.returns)
        return found

    def _value(self, node: ast.expr) -> Any:
        # The text is our own.
        return eval(compile(ast.Expression(node), "<stub>", "eval"), self.names)  # noqa: S307


def _names() -> dict[str, Any]:
    from ._kinds import ErrorKind
    from ._options import Options

    names: dict[str, Any] = dict(vars(typing))
    names.update(vars(collections.abc))
    names.update({name: value for name, value in vars(_native).items() if isinstance(value, type)})
    from asyncio import AbstractEventLoop
    from concurrent.futures import Future
    from contextvars import Context
    from datetime import timedelta
    from os import PathLike
    from types import TracebackType

    names.update(PathLike=PathLike, TracebackType=TracebackType, GenericAlias=GenericAlias)
    names.update(timedelta=timedelta, Options=Options, Buffer=Buffer, _Readable=FileObject)
    names.update(Mapping=_Mapping())
    names.update(ErrorKind=ErrorKind, _OnProgress=ProgressCallback, Context=Context, Future=Future)
    names.update(AbstractEventLoop=AbstractEventLoop)
    names.update(_Chunks=Chunks, _AsyncReadable=AsyncFileObject, _AsyncChunks=AsyncChunks)
    return names


@cache
def _stub(name: str) -> _Stub:
    return _Stub(name)


_ALIASES = {
    "AsyncFileLike": "_AsyncFile",
    "AsyncSource": "_AsyncSource",
    "FileLike": "_File",
    "Source": "_Source",
}


def __getattr__(name: str) -> Any:
    """The public aliases of the stubs."""
    if name not in _ALIASES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _stub("_native").names[_ALIASES[name]]


@cache
def _stub_of(qualname: str) -> _Stub | None:
    for name in ("_native", "_sealed", "_inspecting", "_async"):
        try:
            stub = _stub(name)
        except OSError:
            # Some packers of programs leave stubs behind, and then nothing is annotated.
            return None
        if qualname in stub.functions:
            return stub
    return None


def resolved(texts: dict[str, str]) -> dict[str, Any]:
    """Annotations that are written in this package, by their texts."""
    names = _names()
    return {name: eval(text, names) for name, text in texts.items()}  # noqa: S307 - as above


def annotations_of(qualname: str) -> dict[str, Any]:
    """Those of a method or function."""
    stub = _stub_of(qualname)
    return {} if stub is None else dict(stub.functions[qualname])


def attributes_of(cls: type) -> dict[str, Any]:
    """The types of the attributes of a class that programs make themselves."""
    try:
        return dict(_stub("_native").attributes.get(cls.__name__, {}))
    except OSError:
        return {}


def signature(compiled: Any, found: dict[str, Any]) -> inspect.Signature:
    """The signature of what is compiled, with annotations."""
    bare = inspect.signature(compiled)
    parameters = [
        p.replace(annotation=found.get(p.name, inspect.Parameter.empty)) for p in bare.parameters.values()
    ]
    result = found.get("return", inspect.Signature.empty)
    return bare.replace(parameters=parameters, return_annotation=result)
