"""The strategy for a placement."""

import keras

from seqspec.core.document.typed_spec import TypedSpec
from seqspec.training.errors import PlacementError, RunError
from seqspec.training.placement import Placement, batch_size_violations, mirrored_violations
from seqspec.training.strategies.strategy import SingleDevice


def strategy_for(spec: TypedSpec, placement: Placement) -> SingleDevice:
    """The strategy; raises `RunError` for missing devices, `PlacementError` for an unsuitable batch size."""
    everything = spec.runtime is not None and spec.runtime.distribution == "data_parallel"
    backend = keras.backend.backend()
    if placement.engine == "local" and (placement.devices or 1) == 1 and not everything:
        return SingleDevice()
    strategy: SingleDevice
    if backend == "tensorflow":
        from seqspec.training.strategies.mirrored import Mirrored

        strategy = Mirrored(placement.devices)
    elif backend == "jax":
        from seqspec.training.strategies.data_parallel import DataParallel

        strategy = DataParallel(placement.devices)
    elif placement.devices is None:
        return SingleDevice()
    else:
        raise RunError(f"several devices need the backend tensorflow or jax, not {backend}")
    if strategy.replicas == 1 and strategy.workers == 1:
        return SingleDevice()
    violations = batch_size_violations(spec, strategy.replicas)
    if backend == "tensorflow":
        violations += mirrored_violations(spec)
    if violations:
        raise PlacementError(violations)
    return strategy
