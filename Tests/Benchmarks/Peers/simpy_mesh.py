"""mesh3 in SimPy, as one writes it there: a process for each request and each try.

usage: simpy_mesh.py REQUESTS SEED

Draws are Python's own, so statistics agree with the product's within their standard errors. Prints
`name value` lines: CPU time in nanoseconds, and latencies in milliseconds with standard errors.
"""
import math
import random
import sys
import time

import simpy

TIERS, HOSTS, WORKERS, NETWORK = 3, 10, 4, 250e-6
TRY_TIMEOUTS = (1.0, 0.5, 0.25)
MU, SIGMA = math.log(1e-3) - 0.125, 0.5
RETRIES = 2
BATCHES = 20


class Mesh:
    def __init__(self, total, seed):
        self.env = simpy.Environment()
        self.random = random.Random(seed)
        self.total = total
        self.hosts = [
            [simpy.Resource(self.env, WORKERS) for _ in range(HOSTS)] for _ in range(TIERS)
        ]
        self.active = [[0] * HOSTS for _ in range(TIERS)]
        self.latencies = []
        self.retries = self.timeouts = self.failed = 0
        self.all_done = self.env.event()

    def attempt(self, tier, host, answer):
        yield self.env.timeout(NETWORK)
        with self.hosts[tier][host].request() as worker:
            yield worker
            stalls = self.random.random() < 1e-4
            service = 0.4 if stalls else self.random.lognormvariate(MU, SIGMA)
            yield self.env.timeout(service)
        succeeded = self.random.random() >= 0.002
        if succeeded and tier + 1 < TIERS:
            succeeded = yield from self.call(tier + 1)
        yield self.env.timeout(NETWORK)
        if not answer.triggered:
            answer.succeed(succeeded)

    def call(self, tier):
        active = self.active[tier]
        for number in range(1 + RETRIES):
            first, second = self.random.randrange(HOSTS), self.random.randrange(HOSTS)
            host = second if active[second] < active[first] else first
            active[host] += 1
            answer = self.env.event()
            self.env.process(self.attempt(tier, host, answer))
            yield answer | self.env.timeout(TRY_TIMEOUTS[tier])
            active[host] -= 1
            if answer.triggered and answer.value:
                return True
            if not answer.triggered:
                self.timeouts += 1
                answer.succeed(False)  # a late answer finds it taken
            if number < RETRIES:
                self.retries += 1
                bound = min(250, 25 * 2**number)
                yield self.env.timeout(self.random.randrange(bound) / 1000)
        return False

    def request(self):
        started = self.env.now
        if not (yield from self.call(0)):
            self.failed += 1
        self.latencies.append(self.env.now - started)
        if len(self.latencies) == self.total:
            self.all_done.succeed()

    def source(self):
        for _ in range(self.total):
            yield self.env.timeout(self.random.expovariate(24_000))
            self.env.process(self.request())

    def run(self):
        self.env.process(self.source())
        self.env.run(until=self.all_done)


def main():
    total, seed = int(sys.argv[1]), int(sys.argv[2])
    begun = time.process_time()
    mesh = Mesh(total, seed)
    mesh.run()
    cpu = (time.process_time() - begun) * 1e9
    # Of each statistic its mean over twenty batches, and the standard error of that mean.
    size = max(1, total // BATCHES)
    batches = [sorted(mesh.latencies[b * size : (b + 1) * size]) for b in range(BATCHES)]
    print("cpu", round(cpu))
    print("requests", len(mesh.latencies))
    for name, values in (
        ("mean", [sum(batch) / size for batch in batches]),
        ("p50", [batch[size // 2] for batch in batches]),
        ("p90", [batch[size * 9 // 10] for batch in batches]),
    ):
        mean = sum(values) / BATCHES
        variance = sum((value - mean) ** 2 for value in values) / (BATCHES - 1)
        print(name, mean * 1e3)
        print(name + "Error", math.sqrt(variance / BATCHES) * 1e3)
    print("retries", mesh.retries)
    print("timeouts", mesh.timeouts)
    print("failed", mesh.failed)


main()
