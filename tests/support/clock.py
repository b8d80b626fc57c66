"""A clock for tests of time limits, which counts the looks at it instead of seconds."""


class StepClock:
    """Stands for the module `time`: each look at the clock moves it on by one step."""

    def __init__(self, step: float = 0.001) -> None:
        self.step = step
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks * self.step
