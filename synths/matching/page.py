"""One HTML page of a match: players, pictures and the table of parameters. It needs no other file."""

import math
from dataclasses import dataclass
from html import escape
from string import Template

from torch import Tensor

from synths.files import encoding
from synths.files.data_uri import data_uri
from synths.matching.pictures import png
from synths.notes.pitch import pitch_name
from synths.parameters import ParameterSpace
from synths.parameters.parameter import extent_of, number

_TEMPLATE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; media-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --line: #8884; --accent: #b5179e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
.players { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; }
figure { margin: 0; flex: 1 1 18rem; }
figcaption { font-weight: 600; }
figure.on figcaption { color: var(--accent); }
audio { width: 100%; height: 2.4rem; }
button { font: inherit; padding: .4rem 1rem; }
img { width: 100%; height: auto; background: white; border-radius: .3rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.n { text-align: right; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); border-radius: .3rem; }
.wide { overflow-x: auto; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<div class="players">
<figure id="a"><figcaption>A: target</figcaption>\
<audio controls preload="auto" aria-label="target" src="$target"></audio></figure>
<figure id="b"><figcaption>B: match</figcaption>\
<audio controls preload="auto" aria-label="match" src="$match"></audio></figure>
<button type="button" id="switch">Switch A/B</button>
</div>
<p>Both play at equal loudness. The button goes on with the other sound where this one is.</p>
<table>$facts</table>
<h2>Spectrograms, envelopes and loss</h2>
<img alt="Spectrograms of the target and of the match, their envelopes, and the loss of every step" src="$picture">
<h2>Parameters</h2>
<div class="wide" tabindex="0"><table>
<thead><tr><th>parameter</th><th class="n">value</th><th>unit</th><th class="n">range</th><th>meaning</th></tr></thead>
<tbody>$parameters</tbody>
</table></div>
<h2>Play it again</h2>
<pre tabindex="0">$command</pre>
<script>
const [a, b] = ["a", "b"].map(id => document.getElementById(id));
const sound = figure => figure.querySelector("audio");
for (const [here, other] of [[a, b], [b, a]]) {
  sound(here).onplay = () => { sound(other).pause(); here.className = "on"; other.className = ""; };
}
document.getElementById("switch").onclick = () => {
  const [here, other] = a.className ? [a, b] : [b, a];
  sound(here).pause();
  sound(other).currentTime = sound(here).ended ? 0 : sound(here).currentTime;
  sound(other).play();
};
</script>
</main>
</body>
</html>
""")


@dataclass(frozen=True)
class Page:
    """What the page shows.

    Args:
        name: of the target.
        synth: name of the synth.
        target, sound: (n_samples,), at equal loudness.
        sample_rate: in Hz.
        space, values: the parameters, and their physical values (n_parameters,).
        history: (steps + 1,), the lowest loss of each step.
        pitches: MIDI note numbers of target and match, NaN where there is none.
        command: that plays the match again.
        notes: first rows of the table above, name -> text.
    """

    name: str
    synth: str
    target: Tensor
    sound: Tensor
    sample_rate: int
    space: ParameterSpace
    values: list[float]
    history: Tensor
    pitches: tuple[float, float]
    command: str
    notes: dict[str, str]

    def html(self) -> str:
        """The page, complete in itself."""
        peak = max(1.0, self.target.abs().max().item(), self.sound.abs().max().item())
        target, sound = self.target / peak, self.sound / peak
        rows = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._facts().items())
        return _TEMPLATE.substitute(
            title=escape(f"{self.name} by {self.synth}"),
            target=data_uri("audio/wav", encoding.encode(target, self.sample_rate, "wav")),
            match=data_uri("audio/wav", encoding.encode(sound, self.sample_rate, "wav")),
            picture=data_uri("image/png", png(target, sound, self.history, self.sample_rate)),
            facts="".join(rows),
            parameters="\n".join(self._parameters()),
            command=escape(self.command),
        )

    def _facts(self) -> dict[str, str]:
        facts = dict(self.notes)
        wanted, there = self.pitches
        if math.isfinite(wanted):
            facts["pitch of the target"] = pitch_text(wanted)
            facts["pitch of the match"] = (
                f"{pitch_text(there)}, {100 * (there - wanted):+.0f} cents" if math.isfinite(there) else "none"
            )
        return facts

    def _parameters(self) -> list[str]:
        return [
            f'<tr><td>{escape(p.name)}</td><td class="n">{number(value)}</td>'
            f'<td>{"" if p.unit == "none" else p.unit}</td><td class="n">{extent_of(p)}</td>'
            f"<td>{escape(p.doc)}</td></tr>"
            for p, value in zip(self.space, self.values, strict=True)
        ]


def pitch_text(midi: float) -> str:
    """A pitch as its nearest note, the distance from it and its frequency: "A4 +3 cents (440.8 Hz)"."""
    nearest = round(midi)
    hz = 440 * 2 ** ((midi - 69) / 12)
    return f"{pitch_name(nearest)} {100 * (midi - nearest):+.0f} cents ({hz:.1f} Hz)"
