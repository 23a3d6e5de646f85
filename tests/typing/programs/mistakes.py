"""Every line with a mark has the mistake that the mark names."""

from __future__ import annotations

from pycompss.api.api import TaskGroup, compss_barrier_group
from pycompss.api.constraint import constraint
from pycompss.api.task import task


@constraint(computing_units=2)
@task(returns=1)
def increment(value: int, by: int = 1) -> int:
    return value + by


class Account:
    @task()
    def deposit(self, amount: int) -> str:
        return str(amount)


increment()  # E: call-arg
increment("one")  # E: arg-type
increment(1, 2, 3)  # E: call-arg
increment(1, step=2)  # E: call-arg
text: str = increment(1)  # E: assignment
Account().deposit("3")  # E: arg-type
Account().deposit(1) + 1  # E: operator
Account.deposit(1, 2)  # E: arg-type
TaskGroup()  # E: call-arg
compss_barrier_group(3)  # E: arg-type
