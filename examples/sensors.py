"""Sensors measure while others already look at what they measured: streams.

Each sensor publishes batches of readings; analysts take whatever is there, and none waits for a sensor to end. What is
out of the ordinary goes on to a second stream. `right` is printed if no reading was lost or counted twice.

    python examples/sensors.py --sensors 4 --readings 1000
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import STREAM_IN, STREAM_OUT
from pycompss.api.task import task
from pycompss.streams.distro_stream import ObjectDistroStream

BATCH = 50
HIGH = 0.95

Reading = tuple[int, int, float]  # sensor, moment, value


def readings(sensor: int, count: int) -> Iterator[Reading]:
    """What a sensor sees."""
    return ((sensor, moment, math.sin(sensor + moment / 7)) for moment in range(count))


@task(stream=STREAM_OUT)
def measure(sensor: int, count: int, stream: ObjectDistroStream) -> None:
    """Publish the sensor's readings, a batch at a time."""
    batch: list[Reading] = []
    for reading in readings(sensor, count):
        batch.append(reading)
        if len(batch) == BATCH:
            stream.publish_list(batch)
            batch = []
    stream.publish_list(batch)
    stream.close()


@task(stream=STREAM_IN, alarms=STREAM_OUT, returns=int)
def analyse(stream: ObjectDistroStream, alarms: ObjectDistroStream) -> int:
    """Pass high readings on, until no more can come; how many were looked at."""
    seen = 0
    is_closed = False
    while not is_closed:
        is_closed = stream.is_closed()  # before the last look
        batch = stream.poll()
        alarms.publish_list([reading for reading in batch if reading[2] > HIGH])
        seen += len(batch)
    return seen


def watch(sensors: int, count: int, analysts: int) -> tuple[int, Sequence[Reading]]:
    """How many readings analysts have seen, and those that are high."""
    stream, alarms = ObjectDistroStream(alias="readings"), ObjectDistroStream(alias="alarms")
    seen = [analyse(stream, alarms) for _ in range(analysts)]
    for sensor in range(sensors):
        measure(sensor, count, stream)
    return sum(compss_wait_on(seen)), sorted(alarms.poll())


def watch_in_sequence(sensors: int, count: int) -> tuple[int, Sequence[Reading]]:
    """The same without tasks."""
    everything = [reading for sensor in range(sensors) for reading in readings(sensor, count)]
    return len(everything), [reading for reading in everything if reading[2] > HIGH]


def main() -> int:
    """Watch, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=4)
    parser.add_argument("--readings", type=int, default=1000, help="of each sensor")
    parser.add_argument("--analysts", type=int, default=3)
    arguments = parser.parse_args()
    found = watch(arguments.sensors, arguments.readings, arguments.analysts)
    is_right = found == watch_in_sequence(arguments.sensors, arguments.readings)
    print(f"{'right' if is_right else 'WRONG'}: {found[0]} readings, {len(found[1])} of them high")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
