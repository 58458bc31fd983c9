"""The arguments every constructor of a log takes, written once."""

from collections.abc import Sequence
from typing import Required, TypedDict

from custvalue.data import Currency, ObservationWindow
from custvalue.data._kinds import require_kind
from custvalue.engine._columns import LABELS, Roles
from custvalue.engine._intake import Settings
from custvalue.engine.identity import IdentityMap
from custvalue.engine.policies import DataPolicies
from custvalue.errors import InputError

__all__ = ["LogOptions", "columns_read", "settings_of"]


class LogOptions(TypedDict, total=False):
    """Columns and settings of a log, as :meth:`TransactionLog.from_frame` explains them."""

    customer: Required[str]
    time: Required[str]
    amount: str | None
    quantity: str | None
    unit_price: str | None
    currency: Required[str | Currency]
    order: str | None
    product: str | None
    channel: str | None
    direct_cost: str | None
    kind: str | None
    extra: Sequence[str]
    identity: IdentityMap | None
    window: ObservationWindow | None
    policies: DataPolicies


def settings_of(where: str, options: LogOptions) -> Settings:
    """Sort options into roles and settings.

    Raises
    ------
    TypeError
        As any call with an argument missing, or one there is not.
    InputError
        If a setting is of another type.
    """
    missing = sorted(LogOptions.__required_keys__ - options.keys())
    unknown = sorted(options.keys() - LogOptions.__annotations__.keys())
    if missing or unknown:
        parts = [f"missing {missing}"] * bool(missing) + [f"no such argument {unknown}"] * bool(unknown)
        raise TypeError(f"{where}(): {', '.join(parts)}")
    _check_kinds(where, options)
    labels: dict[str, str | None] = {part: options.get(part) for part in LABELS}  # type: ignore[misc]  # LABELS are keys
    roles = Roles(
        customer=options["customer"],
        time=options["time"],
        amount=options.get("amount"),
        quantity=options.get("quantity"),
        unit_price=options.get("unit_price"),
        direct_cost=options.get("direct_cost"),
        labels={part: name for part, name in labels.items() if name is not None},
        extra=tuple(options.get("extra", ())),
    )
    return Settings(
        roles=roles,
        currency=options["currency"],
        identity=options.get("identity"),
        window=options.get("window"),
        policies=options.get("policies", DataPolicies()),
    )


_KINDS: dict[str, tuple[type, str]] = {
    "identity": (IdentityMap, "IdentityMap.from_pairs({'card-1': 'Ann'})"),
    "window": (ObservationWindow, "ObservationWindow('2026-01-01', '2026-12-31')"),
    "policies": (DataPolicies, "DataPolicies(missing_ids='drop')"),
}


def _check_kinds(where: str, options: LogOptions) -> None:
    """Check that settings are of their types, and that columns are named one by one."""
    for name, (kind, such_as) in _KINDS.items():
        if options.get(name) is not None:
            require_kind(f"{where}({name}=)", options.get(name), kind, hint=f"Write {such_as}.")
    if isinstance(options.get("extra"), str):
        raise InputError(f"{where}(extra=)", expected="several names", got=repr(options["extra"]),
                         hint=f"extra=({options['extra']!r},)")  # fmt: skip


def columns_read(settings: Settings) -> dict[str, str]:
    """Columns that will be read, each with the argument that names it."""
    currency = settings.currency
    first = {currency: "currency"} if isinstance(currency, str) else {}
    return {**first, **settings.roles.wanted}
