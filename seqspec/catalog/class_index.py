"""The names of a family of nested objects, whose classes are imported when one of their names is looked up."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.objects import Named


class ClassIndex(Mapping[str, type[KerasObject]]):
    """The classes of a package by name. `modules` holds, for each module of the package, the classes that it declares,
    separated by spaces.
    """

    def __init__(self, package: str, modules: Mapping[str, str]) -> None:
        self.modules = {name: f"{package}.{module}" for module, names in modules.items() for name in names.split()}
        self._found: dict[str, type[KerasObject]] = {}

    def __getitem__(self, name: str) -> type[KerasObject]:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = getattr(import_module(self.modules[name]), name)
        return found

    def traits(self, name: str | None) -> frozenset[str]:
        """The traits of a class: see `catalog.traits`; none for a class of the author's own."""
        return self[name].traits if name is not None and name in self.modules else frozenset()

    def __contains__(self, name: object) -> bool:
        return name in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)


class NameIndex(Mapping[str, type[KerasObject] | Named]):
    """The bare names that Keras reads, and what they stand for.

    `names` has the name of the class of each, None where Keras chooses it by the model's output. `named` decides what a
    name stands for where that is not the class itself.
    """

    def __init__(
        self,
        classes: ClassIndex,
        names: Mapping[str, str | None],
        named: Callable[[str, type[KerasObject] | None], type[KerasObject] | Named] | None = None,
    ) -> None:
        self._classes = classes
        self._names = names
        self._named = named
        self._found: dict[str, type[KerasObject] | Named] = {}

    def __getitem__(self, name: str) -> type[KerasObject] | Named:
        found = self._found.get(name)
        if found is None:
            class_name = self._names[name]
            declared = None if class_name is None else self._classes[class_name]
            if self._named is not None:
                found = self._named(name, declared)
            else:
                assert declared is not None
                found = declared
            self._found[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
