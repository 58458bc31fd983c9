"""Every edge choice of an allocator, by name: what it does, and that money never appears or vanishes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

import custvalue as cv
from custvalue.costing import (
    ActivityBased,
    Allocation,
    Budget,
    Capacity,
    EqualSplit,
    Fallback,
    FixedShares,
    Held,
    MissingDriver,
    NegativeDriver,
    NegativePool,
    Percentages,
    Policies,
    Reason,
    Rounding,
    UnknownCustomer,
    VolumeBased,
    ZeroDriver,
    ZeroPool,
    by_quantity,
)
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import ConservationError, InputError, SchemaError

ABC = CustomerIndex(["a", "b", "c"])


def ledger(amount: float = 100, **pool: str) -> CostLedger:
    """One pool, in euros."""
    return CostLedger(pools=[CostPool("pool", amount, **pool)], currency="EUR")  # type: ignore[arg-type]  # shorthand


def table(unknown: float = 0.0, **drivers: ArrayLike) -> DriverTable:
    """Three customers; ``unknown`` of each driver belongs to others."""
    return DriverTable(customers=ABC, drivers=drivers, unknown=dict.fromkeys(drivers, unknown))


def run(quantities: ArrayLike, *, amount: float = 100, unknown: float = 0.0, **policies: object) -> Allocation:
    """Charge one pool by one driver."""
    strategy = VolumeBased("x", policies=Policies(**policies))  # type: ignore[arg-type]  # shorthand
    return strategy.allocate(ledger(amount), table(unknown, x=quantities, other=[1, 1, 2], zeros=[0, 0, 0]))


def test_zero_driver_is_held_refused_spread_or_replaced() -> None:
    """Nothing to share by: held by default, and what went another way is counted."""
    even = run([0, 0, 0], zero_driver=ZeroDriver.EVEN)
    other = run([0, 0, 0], zero_driver=Fallback("other"))

    assert run([0, 0, 0]).unallocated["pool", Reason.ZERO_DRIVER] == 100_00
    assert even.total.tolist() == [3334, 3333, 3333]
    assert other.total.tolist() == [25_00, 25_00, 50_00]
    assert even.balance().by_fallback.tolist() == other.balance().by_fallback.tolist() == [100_00]
    assert run([0, 0, 0], zero_driver=Fallback("zeros")).unallocated[Reason.ZERO_DRIVER] == 100_00
    with pytest.raises(InputError, match="above zero"):
        run([0, 0, 0], zero_driver=ZeroDriver.ERROR)


def test_negative_driver_is_refused_with_the_customers() -> None:
    """The default names who is negative and says what to do instead."""
    with pytest.raises(SchemaError, match=r"returns as an activity.*\[c\]"):
        run([50, 30, -20])


def test_negative_driver_as_missing_follows_the_missing_policy() -> None:
    """Two policies in a row: negative is taken as not known, not known as zero; both are counted."""
    allocation = run([50, 30, -20], negative_driver=NegativeDriver.MISSING, missing_driver=MissingDriver.ZERO)

    assert allocation.total.tolist() == [62_50, 37_50, 0]
    assert allocation.balance().n_negative.tolist() == allocation.balance().n_missing.tolist() == [1]


def test_shift_may_keep_zeros() -> None:
    """Moving everybody up charges who had zero; SHIFT_KEEP_ZEROS does not."""
    assert run([4, 0, -2], negative_driver=NegativeDriver.SHIFT).total.tolist() == [75_00, 25_00, 0]
    assert run([4, 0, -2], negative_driver=NegativeDriver.SHIFT_KEEP_ZEROS).total.tolist() == [100_00, 0, 0]


def test_quantities_that_cancel_out_are_refused() -> None:
    """10^15 against -10^15 + 1 would charge quotas of 10^19 cents."""
    with pytest.raises(InputError, match="almost zero"):
        run([1e15, -1e15 + 1, 0], negative_driver=NegativeDriver.AS_IS, amount=10**6)


def test_missing_driver_has_four_answers() -> None:
    """NaN is not zero: refuse, zero, mean, or hold the mean share."""
    quantities = [30, np.nan, 10]

    assert run(quantities, missing_driver=MissingDriver.ZERO).total.tolist() == [75_00, 0, 25_00]
    assert run(quantities, missing_driver=MissingDriver.MEAN).total.tolist() == [50_00, 33_33, 16_67]
    held = run(quantities, missing_driver=MissingDriver.HOLD)
    assert held.total.tolist() == [50_00, 0, 16_67]
    assert held.unallocated["pool", Reason.MISSING_DRIVER] == 33_33
    with pytest.raises(SchemaError, match=r"missing.*\[b\]"):
        run(quantities)


def test_unknown_customers_take_their_share_along() -> None:
    """A quarter of the driver belongs to nobody we know."""
    assert run([1, 1, 1], unknown=1).unallocated["pool", Reason.UNKNOWN_CUSTOMER] == 25_00
    assert run([1, 1, 1], unknown=1, unknown_customer=UnknownCustomer.SPREAD).unallocated.total == 0
    assert run([0, 0, 0], unknown=1).unallocated[Reason.UNKNOWN_CUSTOMER] == 100_00
    with pytest.raises(InputError, match="known customers only"):
        run([1, 1, 1], unknown=1, unknown_customer=UnknownCustomer.ERROR)


def test_zero_and_negative_pools() -> None:
    """Zero is charged as zero or refused; a credit is shared with the same rounding, held, or refused."""
    assert run([1, 1, 1], amount=0).total.tolist() == [0, 0, 0]
    assert run([1, 1, 1], amount=-100).total.tolist() == [-3334, -3333, -3333]
    held = run([1, 1, 1], amount=-100, negative_pool=NegativePool.HOLD)
    assert held.unallocated[Reason.HELD_AT_LEVEL] == -100_00
    with pytest.raises(InputError, match="other than zero"):
        run([1, 1, 1], amount=0, zero_pool=ZeroPool.ERROR)
    with pytest.raises(InputError, match="zero or more"):
        run([1, 1, 1], amount=-1, negative_pool=NegativePool.ERROR)


def test_a_credit_is_said() -> None:
    """Money that raises profit is never passed over in silence."""
    assert run([1, 1, 1]).remarks == ()
    assert run([1, 1, 1], amount=-10.50).remarks == (
        "pools below zero count as credits and raise profit (pool: -10.50 EUR)",
    )


def test_an_allocator_that_gives_back_an_array_is_refused_in_words() -> None:
    """What allocators give back is an `Allocation`."""

    class Even:
        """Forgets to build one."""

        def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
            """Share the pools alike."""
            even: Allocation = np.ones((len(drivers.customers), len(costs.pools)))  # type: ignore[assignment]  # wrong on purpose
            return even

    with pytest.raises(InputError, match=r"expected an Allocation, got ndarray from Even\. .*from_shares"):
        cv.costing.ByPool({"pool": Even()}).allocate(ledger(), table(x=[1, 1, 1]))


def test_percentages_that_do_not_add_up() -> None:
    """Refused by default; the rest held; or scaled."""
    shares = {"a": 0.5, "b": 0.3}
    costs, drivers = ledger(), table(x=[0, 0, 0])

    with pytest.raises(InputError, match="add up to 1"):
        FixedShares(shares).allocate(costs, drivers)
    held = FixedShares(shares, Policies(percentages=Percentages.HOLD)).allocate(costs, drivers)
    assert held.total.tolist() == [50_00, 30_00, 0]
    assert held.unallocated[Reason.NOT_ASSIGNED] == 20_00
    scaled = FixedShares(shares, Policies(percentages=Percentages.RENORMALISE)).allocate(costs, drivers)
    assert scaled.total.tolist() == [62_50, 37_50, 0]
    with pytest.raises(InputError, match="add up to 1"):
        FixedShares({"a": 0.9, "b": 0.3}, Policies(percentages=Percentages.HOLD)).allocate(costs, drivers)


def test_fixed_shares_of_strangers_are_held() -> None:
    """A share agreed with somebody who is no customer stays unallocated, or is refused."""
    shares: dict[str | int, float] = {"a": 0.75, "zz": 0.25}

    assert FixedShares(shares).allocate(ledger(), table()).unallocated[Reason.UNKNOWN_CUSTOMER] == 25_00
    with pytest.raises(SchemaError, match="zz"):
        FixedShares(shares, Policies(unknown_customer=UnknownCustomer.ERROR)).allocate(ledger(), table())


@pytest.mark.parametrize(
    ("rounding", "expected", "held"),
    [
        (Rounding.LARGEST_REMAINDER, [16_67, 16_66, 66_67], 0),
        (Rounding.TO_HIGHEST, [16_67, 16_67, 66_66], 0),
        (Rounding.TO_LOWEST, [16_66, 16_67, 66_67], 0),
        (Rounding.HOLD, [16_67, 16_67, 66_67], -1),
    ],
)
def test_rounding_has_four_ends(rounding: Rounding, expected: list[int], held: int) -> None:
    """100 by 1, 1, 4: who carries the cent that rounding half up is off by; the trace knows too."""
    allocation = run([1, 1, 4], rounding=rounding)

    assert allocation.total.tolist() == expected
    assert allocation.unallocated[Reason.ROUNDING] == held
    assert [allocation.trace(ident).total for ident in "abc"] == expected
    assert allocation.by_activity()["pool"].tolist() == expected


def test_traced_pools_go_to_their_customer() -> None:
    """A cost that carries an id is not shared; an id nobody has is held."""
    pools = [CostPool("visit", 10, customer="b"), CostPool("stray", 5, customer="zz"), CostPool("pool", 3)]
    allocation = EqualSplit().allocate(CostLedger(pools=pools, currency="EUR"), table())

    assert allocation["visit"].tolist() == [0, 10_00, 0]
    assert allocation.unallocated["stray", Reason.UNKNOWN_CUSTOMER] == 5_00
    assert allocation.trace("b").by_pool() == {"visit": 10_00, "pool": 1_00}


def test_budget_and_capacity_lines() -> None:
    """A budget posts its volume variance both ways; a capacity its idle or over-driven part."""
    drivers, costs = table(x=[30, 10, 20]), ledger(120)

    def basis(kind: Budget | Capacity) -> Allocation:
        return ActivityBased(drivers={"pool": "x"}, basis={"pool": kind}).allocate(costs, drivers)

    assert basis(Budget(80)).total.tolist() == [45_00, 15_00, 30_00]
    assert basis(Budget(80)).unallocated[Reason.VOLUME_VARIANCE] == 30_00
    assert basis(Budget(40)).unallocated[Reason.VOLUME_VARIANCE] == -60_00
    assert basis(Capacity(100)).unallocated[Reason.IDLE_CAPACITY] == 48_00
    assert basis(Capacity(100)).rates()["pool"] == pytest.approx(1.2)


def test_stages_may_be_many_but_not_round() -> None:
    """Three stages end at exact cents; a circle is named and sent to support departments."""
    drivers, costs = table(x=[1, 1, 1], other=[1, 1, 2]), ledger()
    stages: dict[str, Mapping[str, float]] = {
        "pool": by_quantity({"hall": 3, "desk": 1}),
        "hall": {"picking": 0.5, "desk": 0.5},
    }
    allocation = ActivityBased(resources=stages, drivers={"picking": "x", "desk": "other"}).allocate(costs, drivers)

    assert allocation.by_activity().total("picking") == 37_50
    assert allocation.by_activity().total("desk") == 62_50
    with pytest.raises(InputError, match="pool -> hall -> pool"):
        ActivityBased(resources={"pool": {"hall": 1.0}, "hall": {"pool": 1.0}}, drivers={}).allocate(costs, drivers)


def test_all_faults_of_a_model_at_once() -> None:
    """A pool without a driver, an activity without one, and a driver nobody leads to."""
    pools = [CostPool("rent", 1), CostPool("salaries", 1)]
    model = ActivityBased(resources={"salaries": {"picking": 1.0}}, drivers={"packing": "x"})

    with pytest.raises(SchemaError) as caught:
        model.allocate(CostLedger(pools=pools, currency="EUR"), table(x=[1, 1, 1]))
    assert len(caught.value.faults) == 3


def test_an_allocation_that_leaks_cannot_be_built() -> None:
    """One cent too few is refused, with the pool."""
    amounts = np.array([[50_00], [49_99], [0]])

    with pytest.raises(ConservationError, match=r"pool: 0\.01 EUR"):
        Allocation(customers=ABC, costs=ledger(), amounts=amounts)
    assert (
        Allocation(
            customers=ABC, costs=ledger(), amounts=amounts, held=[Held("pool", Reason.ROUNDING, 1)]
        ).unallocated.total
        == 1
    )
    with pytest.raises(InputError, match="shape"):
        Allocation(customers=ABC, costs=ledger(), amounts=amounts[:2])


def test_allocations_are_locked_and_survive_pickling() -> None:
    """Nobody can move a cent afterwards, not even in a copy from another process."""
    allocation = run([1, 2, 4])
    again = pickle.loads(pickle.dumps(allocation))  # noqa: S301  # our own bytes

    for item in (allocation, again, copy.deepcopy(allocation)):
        assert item.total.tolist() == [14_29, 28_57, 57_14]
        assert item.trace("c").total == 57_14
        with pytest.raises(ValueError, match="read-only"):
            item.amounts[0, 0] = 0


def test_pools_too_large_for_exact_sharing_are_refused() -> None:
    """Beyond 2**50 minor units the float guess could be off by more than one."""
    with pytest.raises(InputError, match="minor units"):
        run([1, 1, 1], amount=10**15)


def test_currencies_have_their_own_cents() -> None:
    """Yen have none, dinars have three decimals."""
    for currency, expected in (("JPY", [34, 33, 33]), ("BHD", [33_334, 33_333, 33_333])):
        costs = CostLedger(pools=[CostPool("pool", 100)], currency=currency)
        assert EqualSplit().allocate(costs, table()).total.tolist() == expected


def test_from_shares_says_what_it_does_not_know() -> None:
    """A pool without shares is held, one that does not exist refused, and so are negative shares."""
    costs = CostLedger(pools=[CostPool("one", 1), CostPool("two", 1)], currency="EUR")

    assert Allocation.from_shares(costs, ABC, {"one": [True, False, True]}).total.tolist() == [50, 0, 50]
    assert Allocation.from_shares(costs, ABC, {}).unallocated[Reason.NOT_ASSIGNED] == 2_00
    with pytest.raises(InputError, match="one of"):
        Allocation.from_shares(costs, ABC, {"three": [1, 1, 1]})
    with pytest.raises(SchemaError, match="negative"):
        Allocation.from_shares(costs, ABC, {"one": [1, -1, 1]})


def test_audit_views() -> None:
    """Balance, tie-out, rate card, pool trace and method: the proof a controller asks for."""
    allocation = run([1, 1, 1], unknown=1)
    loud = allocation.tie_out("100.02", tolerance="0.01")

    assert allocation.balance().remainder.tolist() == [0]
    assert allocation.tie_out("100.01", tolerance="0.01").ties_out
    assert "DOES NOT TIE OUT" in repr(loud)
    with pytest.raises(ConservationError, match="DOES NOT TIE OUT"):
        loud.require()
    assert allocation.rates()["pool"] == 25.0
    frame = allocation.trace_pool("pool").to_frame()
    assert frame["amount"].sum() == 100.0  # type: ignore[index]  # pandas
    assert frame["share_of_pool"].tolist() == [0.75, 0.25]  # type: ignore[index]  # pandas
    assert allocation.method.id == "VolumeBased"
    assert allocation.method.settings["base"] == "x"
    row = allocation.trace("a").rows[0]
    assert (row.pool, row.driver, row.quantity, row.driver_total, row.rate, row.amount, row.share_of_pool) == (
        "pool", "x", 1.0, 4.0, 25.0, 25_00, 0.25,
    )  # fmt: skip


def test_settings_and_allocations_are_saved_as_plain_json(tmp_path: Path) -> None:
    """What is read back charges and traces the same."""
    model = ActivityBased(
        drivers={"picking": {"x": 1, "other": 2}, "packing": "x"},
        resources={"pool": by_quantity({"picking": 2, "packing": 1})},
        basis={"packing": Capacity(50)},
        policies=Policies(zero_driver=Fallback("x")),
    )
    allocation = model.allocate(ledger(), table(x=[1, 2, 4], other=[1, 0, 1]))
    cv.save(model, tmp_path / "model.json")
    cv.save(allocation, tmp_path / "allocation.json")
    again = cv.load(tmp_path / "allocation.json")

    assert cv.load(tmp_path / "model.json") == model
    assert isinstance(again, Allocation)
    assert again.total.tolist() == allocation.total.tolist()
    assert again.trace("c") == allocation.trace("c")
    assert again.method == allocation.method
