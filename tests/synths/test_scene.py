"""`Scene`: what any subclass of it gets."""

import pickle

import pytest
import torch

from synths.parameters import Parameter, ParameterSpace
from synths.procedural.scene import PlannedEvents, Scene


class Levels(Scene):
    """One event: a constant, which is negative for the second kind."""

    sources = ("positive", "negative")
    n_traced = 0

    def __init__(self):
        space = ParameterSpace([Parameter("kind", 0, 2, "choice"), Parameter("level", 0, 1)])
        super().__init__(space, sample_rate=1000, seconds=0.01)

    def synthesize(self, physical, key, dtype):
        return self.in_parts(physical[:, 0].detach().long().clamp(0, 1), 2, physical, key, dtype, self.n_samples)

    def part(self, which, physical, key, dtype):
        self.n_traced += not torch.compiler.is_compiling()
        return (1 - 2 * which) * physical[:, 1:].to(dtype).expand(-1, self.n_samples)

    def events(self, theta):
        whole = torch.zeros(len(theta), 1, dtype=torch.float64)
        kind = self.space.to_physical(theta)[:, :1].long().clamp(0, 1)
        return PlannedEvents(whole, whole + self.seconds, kind, whole == 0)


@pytest.mark.parametrize("compiled", [False, True])
def test_each_row_is_made_by_the_part_of_its_kind(compiled):
    synth, theta = Levels(), torch.tensor([[0.1, 0.5], [0.9, 0.25], [0.8, 1.0], [0.3, 0.125]])
    if compiled:
        synth.compile(fullgraph=True, backend="eager")
    expected = torch.tensor([[0.5], [-0.25], [-1.0], [0.125]]).expand(4, 10)
    assert torch.equal(synth.render(theta), expected)
    assert (synth.n_traced == 0) == compiled  # the kernels rendered
    assert torch.equal(pickle.loads(pickle.dumps(synth)).render(theta), expected)
