"""Lazy indices of the classes and names of a family of nested objects."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import Named


class ClassIndex(Mapping[str, type[KerasObject]]):
    """The classes of a package by name, imported on demand.

    `modules` maps each module of the package to the names of its classes, separated by spaces.
    """

    def __init__(self, package: str, modules: Mapping[str, str]) -> None:
        self.modules = {name: f"{package}.{module}" for module, names in modules.items() for name in names.split()}
        self._found: dict[str, type[KerasObject]] = {}

    def __getitem__(self, name: str) -> type[KerasObject]:
        declared = self._found.get(name)
        if declared is None:
            declared = self._found[name] = getattr(import_module(self.modules[name]), name)
        return declared

    def traits(self, name: str | None) -> frozenset[str]:
        """The traits of a class: see `catalog.traits`; empty for a custom class."""
        return self[name].traits if name is not None and name in self.modules else frozenset()

    def __contains__(self, name: object) -> bool:
        return name in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)


class NameIndex(Mapping[str, type[KerasObject] | Named]):
    """The bare names that Keras accepts, and their objects.

    `names` maps each name to the name of its class, None if Keras selects the class by the output of the model. `named`
    returns the object of a name if that is not the class itself.
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
        value = self._found.get(name)
        if value is None:
            class_name = self._names[name]
            cls = None if class_name is None else self._classes[class_name]
            if self._named is not None:
                value = self._named(name, cls)
            else:
                assert cls is not None
                value = cls
            self._found[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
