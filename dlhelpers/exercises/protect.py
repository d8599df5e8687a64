"""What stood before an exercise cell stands after it, so that nobody's scratch names break a later cell.

An exercise cell is one that calls `check("01.2", answer)`. After it, its answers and new names stay; names that existed
before have their old value again, changes in place included, and one line says so. Other cells are only read.

Small values are always copied before the cell runs. Large ones are copied if the cell names them and its text changes
anything in place, so most cells cost less than a millisecond, and none copies more than `BUDGET` bytes.
"""

import ast
import contextlib
import operator
import re
import symtable
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

SMALL, SMALL_TOGETHER, BUDGET = 2**18, 2**25, 2**29  # bytes

_IN_PLACE = frozenset(
    "add append apply apply_gradients assign assign_add assign_sub at byteswap clear copyto discard extend fill "
    "fill_diagonal fit insert itemset load_weights partition place pop popitem put put_along_axis putmask remove "
    "resize reverse set_weights setdefault shuffle sort train_on_batch update".split()
)


# --- what a cell's text says -------------------------------------------------------


def parsed(source: str, shell: Any) -> ast.Module:
    """Return the code of a cell, magics and `%%time` understood.

    Raises
    ------
    SyntaxError
        If the cell is no code.
    """
    source = re.sub(r"\A\s*%%.*\n", "", source)
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(shell.transform_cell(source))


def answers(tree: ast.Module) -> set[str] | None:
    """Return the names of an exercise cell's answers; None if the cell is no exercise cell.

    Examples
    --------
    >>> sorted(answers(ast.parse('n = 3; a = n; check("01.2", a, [b]); c = fallback("01.2", a)')))
    ['a', 'b', 'c']
    >>> answers(ast.parse('check("spelling", a)'))
    """
    checks, fallbacks = ([node for node in ast.walk(tree) if _asks(node, name)] for name in ("check", "fallback"))
    if not checks:
        return None
    handed = [argument for call in checks + fallbacks for argument in call.args[1:]]
    handed += [one for argument in handed for one in getattr(argument, "elts", [])]
    assigned = [node.targets for node in ast.walk(tree) if isinstance(node, ast.Assign) and node.value in fallbacks]
    return {node.id for node in sum(assigned, handed) if isinstance(node, ast.Name)}


def _asks(node: ast.AST, function: str) -> bool:
    """Whether this is a call such as check("01.2", ...)."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return False
    called = getattr(node.func, "id", getattr(node.func, "attr", None))
    return called == function and bool(re.fullmatch(r"\d\d\.\d+", str(node.args[0].value)))


def changes_in_place(tree: ast.Module) -> bool:
    """Return whether the text may change a value in place, as `x[0] = 1`, `x += 1`, `x.sort()` and `out=x` do.

    Examples
    --------
    >>> [changes_in_place(ast.parse(text)) for text in ("x.sort()", "y = sorted(x)[0]", "del df['a']")]
    [True, False, True]
    """
    return any(map(_changes, ast.walk(tree)))


def _changes(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        named_so = getattr(node.func, "attr", None) in _IN_PLACE
        return named_so or any(keyword.arg in ("inplace", "out") for keyword in node.keywords)
    if isinstance(node, ast.Subscript | ast.Attribute):
        return not isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.AugAssign)


def bound(tree: ast.Module) -> set[str]:
    """Return the names that a cell binds, other than inside of functions.

    Examples
    --------
    >>> sorted(bound(ast.parse("import os.path; a = [b for b in c]; f = lambda d: d")))
    ['a', 'f', 'os']
    """
    symbols = symtable.symtable(ast.unparse(tree), "cell", "exec").get_symbols()
    return {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}


# --- values that can change in place -----------------------------------------------


class Kind(NamedTuple):
    """How values of one kind are copied, compared with their copy, and given their old contents."""

    is_one: Callable[[Any], bool]
    size: Callable[[Any], int]
    copy: Callable[[Any], Any]
    same: Callable[[Any, Any], bool]
    restore: Callable[[Any, Any], Any]  # gives what shall bear the name instead, or None


def _same_bytes(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.hasobject:
        return _same_objects(a.flat, b.flat)
    words = np.uint64 if a.nbytes % 8 == 0 else np.uint8  # nan is nan here
    return np.array_equal(*(np.ascontiguousarray(x).reshape(-1).view(words) for x in (a, b)))


def _same_objects(a: Iterable[Any], b: Iterable[Any]) -> bool:
    return all(map(operator.is_, a, b))


def _restore_array(array: np.ndarray, copy: np.ndarray) -> None:
    if array.shape != copy.shape:
        array.resize(copy.shape, refcheck=False)
    array[...] = copy


def _restore_entries(entries: Any, copy: Any) -> None:
    entries.clear()
    entries.update(copy)


def _restore_variable(variable: Any, copy: np.ndarray) -> None:
    variable.assign(copy)


def _entries(value: Any) -> dict[str, Any] | None:
    """What stands in a dict, or in an object of a class that the notebook defines."""
    if isinstance(value, dict):
        return value
    return getattr(value, "__dict__", None) if type(value).__module__ == "__main__" and not _has(value, "set_weights") else None


def _has(value: Any, *methods: str) -> bool:
    """Whether its class has these; the value itself is not asked, since lazy modules would load."""
    return all(hasattr(type(value), method) for method in methods)


_KINDS = (
    Kind(
        lambda x: isinstance(x, np.ndarray) and x.flags.writeable, lambda x: x.nbytes,
        lambda x: x.copy(order="K"), _same_bytes, _restore_array,
    ),
    Kind(
        lambda x: type(x).__module__.startswith("pandas.") and _has(x, "equals", "iloc"),
        lambda x: 8 * x.size, lambda x: x.copy(), lambda x, copy: x.equals(copy), lambda x, copy: copy,
    ),
    Kind(
        lambda x: isinstance(x, list), lambda x: 8 * len(x), list,
        lambda x, copy: len(x) == len(copy) and _same_objects(x, copy), lambda x, copy: x.__setitem__(slice(None), copy),
    ),
    Kind(
        lambda x: _entries(x) is not None, lambda x: 16 * len(_entries(x)), lambda x: dict(_entries(x)),
        lambda x, copy: list(_entries(x)) == list(copy) and _same_objects(_entries(x).values(), copy.values()),
        lambda x, copy: _restore_entries(_entries(x), copy),
    ),
    Kind(lambda x: isinstance(x, set), lambda x: 32 * len(x), set, operator.eq, _restore_entries),
    Kind(
        lambda x: isinstance(x, np.random.Generator), lambda x: 0, lambda x: x.bit_generator.state,
        lambda x, copy: repr(x.bit_generator.state) == repr(copy),
        lambda x, copy: setattr(x.bit_generator, "state", copy),
    ),
    # Networks and TensorFlow's variables are large by rule: they are copied only if the text may change them.
    Kind(
        lambda x: _has(x, "set_weights"), lambda x: SMALL + 4 * x.count_params(), lambda x: x.get_weights(),
        lambda x, copy: len(x.weights) != len(copy) or all(map(np.array_equal, x.get_weights(), copy)),
        lambda x, copy: x.set_weights(copy),
    ),
    Kind(
        lambda x: _has(x, "assign_add", "numpy"), lambda x: SMALL + 8 * int(np.prod(x.shape)),
        lambda x: x.numpy().copy(), lambda x, copy: np.array_equal(x.numpy(), copy), _restore_variable,
    ),
)


def _parts(value: Any, depth: int = 2) -> Iterator[Any]:
    """The value, and what stands in it."""
    yield value
    inner = _entries(value)
    inner = list(inner.values()) if inner is not None else value if isinstance(value, list | tuple) else ()
    if depth and len(inner) <= 1000:
        for one in inner:
            yield from _parts(one, depth - 1)


class Kept:
    """Copies of what an exercise cell could change in place."""

    def __init__(self, values: dict[str, Any], named: set[str]):
        self._copies: dict[int, tuple[str, Any, Kind, Any]] = {}
        self._left = {True: BUDGET, False: SMALL_TOGETHER}
        for name in sorted(values, key=lambda name: name not in named):
            with contextlib.suppress(Exception):  # whatever this one is, the others are copied
                for part in _parts(values[name]):
                    self._keep(name, part, name in named)

    def _keep(self, name: str, part: Any, named: bool) -> None:
        kind = next((kind for kind in _KINDS if kind.is_one(part)), None)
        if kind is None or id(part) in self._copies:
            return
        size = kind.size(part)
        if size <= (self._left[True] if named else min(SMALL, self._left[False])):
            self._left[named] -= size
            self._copies[id(part)] = name, part, kind, kind.copy(part)

    def put_back(self, names: dict[str, Any]) -> list[str]:
        """Undo all changes and return the names that they were made under."""
        changed = []
        for name, value, kind, copy in self._copies.values():
            with contextlib.suppress(Exception):
                if not kind.same(value, copy):
                    instead = kind.restore(value, copy)
                    if instead is not None:
                        names.update({name: instead for name, now in names.items() if now is value})
                    changed.append(name)
        return changed


# --- in a kernel -------------------------------------------------------------------


class Protection:
    """Looks at each cell of a shell before and after it runs; `install` starts it."""

    def __init__(self, shell: Any):
        self.shell = shell
        self.made: set[str] = set()  # names that only exercise cells have bound: no other cell builds on them
        self.before: tuple[set[str], dict[str, Any], Kept] | None = None

    def before_cell(self, info: Any) -> None:
        """Keep what an exercise cell could overwrite; never raise."""
        self.before = None
        try:
            tree = parsed(info.raw_cell, self.shell)
            own = answers(tree)
            if own is None:
                self.made -= bound(tree) if self.made else set()
                return
            names = self.shell.user_ns
            free = own | self.made | set(self.shell.user_ns_hidden)
            values = {name: value for name, value in names.items() if name[:1] != "_" and name not in free}
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if changes_in_place(tree) else set()
            self.before = set(names), values, Kept(values, used)
        except Exception:  # a cell that is no code, or a value that lets nobody look at it
            self.before = None

    def after_cell(self, result: Any = None) -> None:
        """Put back what an exercise cell has overwritten, and say so; never raise."""
        try:
            if self.before is not None:
                self._put_back(*self.before)
        except Exception:
            pass
        finally:
            self.before = None

    def _put_back(self, existed: set[str], values: dict[str, Any], kept: Kept) -> None:
        names = self.shell.user_ns
        self.made |= set(names) - existed
        back = [name for name, value in values.items() if name not in names or not _same_value(names[name], value)]
        names.update({name: values[name] for name in back})
        back = sorted({*back, *kept.put_back(names)})
        if back:
            its, it = ("its value", "it") if len(back) == 1 else ("their values", "them")
            listed = ", ".join(f"`{name}`" for name in back)
            print(
                f"Put back to {its} from before this cell, because other cells may use {it}: {listed}. "
                "To keep one of your own, choose another name."
            )


def _same_value(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, int | float | str) and a == b)


def install(shell: Any) -> None:
    """Protect what stands before an exercise cell, in this shell of IPython; a second call changes nothing.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell or None
        What `get_ipython()` returns; None, outside of a notebook, does nothing.

    Examples
    --------
    >>> install(None)
    """
    if shell is None or hasattr(shell, "_dlhelpers_protection"):
        return
    shell._dlhelpers_protection = protection = Protection(shell)
    shell.events.register("pre_run_cell", protection.before_cell)
    shell.events.register("post_run_cell", protection.after_cell)
