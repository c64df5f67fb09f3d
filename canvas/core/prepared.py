"""Statements that Django compiles once and not at every call.

Compiling a query takes Django ten times as long as SQLite takes to answer it. A statement on a hot
path is therefore written as usual, as a query set with parameters, and kept in its compiled form:

    find_job = Select(lambda pk: Job.objects.select_related("project").filter(pk=pk), pk=UUID)
    job = find_job.first(pk=job_id)

The query set must have the same SQL whatever the parameters are. None may be set, and never be
looked for: Django would write IS NULL.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import sql
from django.db.models.query import get_related_populators
from django.utils.duration import duration_microseconds

M = TypeVar("M", bound=models.Model)
Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

# Two values of each kind; where the second changes a statement's parameters is a parameter's place.
_SAMPLES: Final[dict[type, tuple[Any, Any]]] = {
    UUID: (UUID(int=0xA11), UUID(int=0xB22)),
    str: ("a sample", "b sample"),
    int: (1_000_003, 1_000_033),
    float: (1_000.25, 2_000.75),
    bool: (False, True),
    dict: ({"a": "sample"}, {"b": "sample"}),
    timedelta: (timedelta(seconds=1_003), timedelta(seconds=1_033)),
    datetime: (datetime.fromisoformat("2001-02-03T04:05:06Z"),
               datetime.fromisoformat("2002-03-04T05:06:07Z")),
}  # fmt: skip


def _hex(value: UUID | str) -> str:
    return (value if isinstance(value, UUID) else UUID(value)).hex


# `connection` is another one in each thread, so its methods are looked up at each call.
_CONVERTERS: Final[tuple[Convert, ...]] = (
    lambda value: value,
    _hex,
    str,
    duration_microseconds,
    lambda value: connection.ops.adapt_datetimefield_value(value),  # noqa: PLW0108 as said above
    lambda value: connection.ops.adapt_json_value(value, None),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a parameter goes, and the form in which this database takes it."""

    position: int
    name: str
    convert: Convert


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    params: tuple[Any, ...]
    places: tuple[_Place, ...]
    compiler: Any

    def filled(self, values: Values) -> list[Any]:
        params = list(self.params)
        for place in self.places:
            value = values[place.name]
            params[place.position] = None if value is None else place.convert(value)
        return params


class _Statement(ABC):
    """Compiles at the first call, once for each kind of database."""

    def __init__(self, kinds: Mapping[str, type]) -> None:
        self._kinds = kinds
        self._known: dict[str, _Compiled] = {}

    def _compiled(self) -> _Compiled:
        known = self._known.get(connection.vendor)
        if known is None:
            known = self._known[connection.vendor] = self._compile()
        return known

    def _compile(self) -> _Compiled:
        values = {name: _SAMPLES[kind][0] for name, kind in self._kinds.items()}
        compiler = self._compiler(values)
        text, params = compiler.as_sql()
        places: list[_Place] = []
        for name, kind in self._kinds.items():
            other_text, other = self._compiler({**values, name: _SAMPLES[kind][1]}).as_sql()
            changed = [at for at, each in enumerate(other) if _plain(each) != _plain(params[at])]
            if other_text != text or not changed:
                raise ValueError(f"{name!r} is no parameter of {text}")
            places += [_Place(at, name, _convert(values[name], params[at])) for at in changed]
        return _Compiled(text, tuple(params), tuple(places), compiler)

    @abstractmethod
    def _compiler(self, values: Values) -> Any:  # noqa: ANN401 Django's compiler
        """Write the statement with these values, ready to be compiled."""


class Select(_Statement, Generic[M]):
    """A query that gives rows of a model, related ones and annotations included."""

    def __init__(self, build: Callable[..., models.QuerySet[M]], **kinds: type) -> None:
        super().__init__(kinds)
        self._build = build
        self._readers: dict[str, _Reader] = {}

    def all(self, **values: Any) -> list[M]:  # noqa: ANN401 of the named kinds
        """Give every row."""
        compiled = self._compiled()
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, compiled.filled(values))
            rows = cursor.fetchall()
        reader = self._readers.get(connection.vendor)
        if reader is None:
            reader = self._readers[connection.vendor] = _Reader(compiled.compiler)
        return list(reader.read(rows))

    def first(self, **values: Any) -> M | None:  # noqa: ANN401 of the named kinds
        """Give the first row, or None. The query set says how many it reads."""
        return next(iter(self.all(**values)), None)

    def _compiler(self, values: Values) -> Any:  # noqa: ANN401 Django's compiler
        return self._build(**values).query.get_compiler(connection=connection)


class Update(_Statement):
    """An UPDATE of the rows that a query set names; expressions are allowed as values."""

    def __init__(
        self,
        rows: Callable[..., models.QuerySet[Any]],
        columns: Callable[..., Mapping[str, Any]],
        **kinds: type,
    ) -> None:
        super().__init__(kinds)
        self._rows, self._columns = rows, columns

    def __call__(self, **values: Any) -> int:  # noqa: ANN401 of the named kinds
        """Update, and give the number of rows."""
        compiled = self._compiled()
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, compiled.filled(values))
            return int(cursor.rowcount)

    def _compiler(self, values: Values) -> Any:  # noqa: ANN401 Django's compiler
        query: Any = self._rows(**values).query.chain(sql.UpdateQuery)
        query.clear_ordering(force=True)
        query.add_update_values(dict(self._columns(**values)))
        return query.get_compiler(connection=connection)


class Insert(Generic[M]):
    """An INSERT of whole rows, whose keys are known or not needed."""

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._fields = [
            field
            for field in model._meta.concrete_fields
            if not isinstance(field, models.AutoField)
        ]
        self._known: dict[str, str] = {}

    def __call__(self, rows: Iterable[M]) -> None:
        """Insert rows, in their order."""
        rows, database = list(rows), connections[DEFAULT_DB_ALIAS]
        params = [[_param(field, row, database) for field in self._fields] for row in rows]
        with database.cursor() as cursor:
            if len(params) == 1:
                cursor.execute(self._sql(), params[0])
            else:
                cursor.executemany(self._sql(), params)
        for row in rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 as Django does

    def _sql(self) -> str:
        text = self._known.get(connection.vendor)
        if text is None:
            quote = connection.ops.quote_name
            columns = ", ".join(quote(str(field.column)) for field in self._fields)
            holes = ", ".join(["%s"] * len(self._fields))
            table = quote(self._model._meta.db_table)
            text = f"INSERT INTO {table} ({columns}) VALUES ({holes})"  # noqa: S608 names of our own
            self._known[connection.vendor] = text
        return text


def _convert(sample: Any, param: Any) -> Convert:  # noqa: ANN401 a parameter
    for convert in _CONVERTERS:
        try:
            converted = convert(sample)
            # psycopg's integers of a certain size are integers, too.
            if isinstance(param, type(converted)) and _plain(converted) == _plain(param):
                return convert
        except (AttributeError, TypeError, ValueError):
            continue
    raise ValueError(f"no way from {sample!r} to {param!r}")


def _param(
    field: "models.Field[Any, Any]", row: models.Model, database: BaseDatabaseWrapper
) -> Any:  # noqa: ANN401 a parameter
    return field.get_db_prep_save(field.pre_save(row, add=True), database)


def _plain(param: Any) -> Any:  # noqa: ANN401 a parameter
    """Take the value out of psycopg's wrapper of JSON, which is equal to itself alone."""
    return getattr(param, "obj", param)


class _Reader:
    """Makes rows of the model, as `ModelIterable` does for a query set."""

    def __init__(self, compiler: Any) -> None:  # noqa: ANN401 Django's compiler
        select, info = compiler.select, compiler.klass_info
        self._compiler, self._model = compiler, info["model"]
        self._own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self._names = [each[0].target.attname for each in select[self._own]]
        populators: Callable[..., Any] = get_related_populators  # the stubs have a later Django's
        self._populators = populators(info, select, connection.alias)
        self._converters = compiler.get_converters([each[0] for each in select])
        self._annotations = list(compiler.annotation_col_map.items())

    def read(self, rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        for row in rows:
            instance = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
            for populator in self._populators:
                populator.populate(row, instance)
            for name, position in self._annotations:
                setattr(instance, name, row[position])
            yield instance
