"""From runs to medians."""

from statistics import median

FIGURES = [
    "cpu",
    "user",
    "system",
    "cpu_per_gib",
    "wall",
    "peak_kib",
    "call_cpu",
    "call_cpu_per_gib",
    "call_wall",
    "idle_kib",
    "over_idle_kib",
    "call_peak_kib",
    "sending",
    "first_byte_ms",
    "connections",
    "most_at_once",
    "busy",
    "sink_cpu",
    "others",
    "sent_ratio",
]


class Summary:
    """The runs that count, of every case that was run, and their figures."""

    def __init__(self, described, runs, more_figures):
        self._runs = {}
        for run in runs:
            if not run["disturbed"]:
                self._runs.setdefault(run["case"], []).append(run)
        self._figures = [*FIGURES, *more_figures]
        self.cases = {
            name: facts | self._spreads(self._runs[name])
            for name, facts in described.items()
            if name in self._runs
        }

    def runs(self, name):
        return self._runs.get(name, [])

    def count(self, *names):
        """Of the case that has the fewest."""
        return min(len(self.runs(name)) for name in names)

    def value(self, name, figure):
        """The median; None if there is none."""
        return self.cases.get(name, {}).get(figure, {}).get("median")

    def ratio(self, name, other, figure):
        one, two = self.value(name, figure), self.value(other, figure)
        return one / two if one is not None and two else None

    def group(self, group):
        return {name: case for name, case in self.cases.items() if case["group"] == group}

    def _spreads(self, runs):
        found = {"runs": len(runs)}
        for figure in self._figures:
            values = [run[figure] for run in runs if run.get(figure) is not None]
            if values:
                found[figure] = {"median": median(values), "least": min(values), "most": max(values)}
        return found
