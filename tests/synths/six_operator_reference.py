"""A six-operator note as a loop over samples, from the published integer formulas of the DX7.

Source: Levien, music-synthesizer-for-android, 2012: `Env`, `Dx7Note`, and the notes on the envelope.
"""

import math

# Modulators of operators 1 to 5 ("-" is none), the carriers, and the operator with feedback.
CHART = (
    "2 - 4 5 6 = 13 ~6", "2 - 4 5 6 = 13 ~2", "2 3 - 5 6 = 14 ~6", "2 3 - 5 6 = 14 ~6",
    "2 - 4 - 6 = 135 ~6", "2 - 4 - 6 = 135 ~6", "2 - 45 - 6 = 13 ~6", "2 - 45 - 6 = 13 ~4",
    "2 - 45 - 6 = 13 ~2", "2 3 - 56 - = 14 ~3", "2 3 - 56 - = 14 ~6", "2 - 456 - - = 13 ~2",
    "2 - 456 - - = 13 ~6", "2 - 4 56 - = 13 ~6", "2 - 4 56 - = 13 ~2", "235 - 4 - 6 = 1 ~6",
    "235 - 4 - 6 = 1 ~2", "234 - - 5 6 = 1 ~3", "2 3 - 6 6 = 145 ~6", "3 3 - 56 - = 124 ~3",
    "3 3 - 6 6 = 1245 ~3", "2 - 6 6 6 = 1345 ~6", "- 3 - 6 6 = 1245 ~6", "- - 6 6 6 = 12345 ~6",
    "- - - 6 6 = 12345 ~6", "- 3 - 56 - = 124 ~6", "- 3 - 56 - = 124 ~3", "2 - 4 5 - = 136 ~5",
    "- - 4 - 6 = 1235 ~6", "- - 4 5 - = 1236 ~5", "- - - - 6 = 12345 ~6", "- - - - - = 123456 ~6",
)  # fmt: skip

# Envelopes count in steps of 1/256 octave of amplitude; 3840 is full level, at 49,096 samples a second.
STEP_DB = 20 * math.log10(2) / 256
FULL, LOWEST, JUMP, CEILING = 3840, 16, 1716, 17 * 256
# Seconds for which some rates hold a level that equals the one before, as measured in Dexed.
HOLD_S = {20: 5.0, 30: 1.4, 40: 0.5, 45: 0.3, 50: 0.125, 60: 0.051, 99: 0.0}


class Envelope:
    """Level of an operator, one sample at a time.

    Args:
        rates, levels: four of each, 0 to 99.
        output_level: 0 to 99.
        rate: samples a second.
    """

    def __init__(self, rates, levels, output_level, rate):
        self.rates, self.rate, self.stage = rates, rate, 0
        self.targets = [max(LOWEST, (scaled(x) >> 1 << 6) + (scaled(output_level) << 5) - 4256) for x in levels]
        self.level, self.moved, self.waited_s = self.targets[3], False, 0.0

    def release(self):
        self.stage, self.moved = 3, True

    def sample(self):
        """The next amplitude; 1 at full level."""
        if self.stage < 4:
            target, q = self.targets[self.stage], (self.rates[self.stage] * 41) >> 6
            step = 0.2819 / STEP_DB * (4 + (q & 3)) / 4 * 2 ** (q >> 2) / self.rate
            if target == self.level and not self.moved:
                self.waited_s += 1 / self.rate
                if self.waited_s < HOLD_S.get(self.rates[self.stage], 0.0):
                    return 0.0 if self.level <= LOWEST else 2 ** ((self.level - FULL) / 256)
            self.moved = True
            if target > self.level:
                self.level = max(self.level, JUMP)
                self.level = min(target, self.level + step * ((CEILING - int(self.level)) // 256 + 0.5))
            else:
                self.level = max(target, self.level - step)
            if self.level == target and self.stage < 2:
                self.stage, self.moved, self.waited_s = self.stage + 1, False, 0.0
        return 0.0 if self.level <= LOWEST else 2 ** ((self.level - FULL) / 256)


def scaled(level):
    """The level of the chip for a level of the panel."""
    return (
        level + 28
        if level >= 20
        else (0, 5, 9, 13, 17, 20, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 42, 43, 45, 46)[level]
    )


def note(algorithm, feedback, operators, f0_hz, held_s, n, rate):
    """A list of n samples.

    Args:
        algorithm: 1 to 32.
        feedback: 0 to 7.
        operators: six of (ratio, output_level, rates, levels), the first operator first.
    """
    inputs, _, outputs = CHART[algorithm - 1].partition(" = ")
    inputs = [[int(m) for m in some if m != "-"] for some in inputs.split()] + [[]]
    carriers, looped = outputs.split(" ~")
    envelopes = [Envelope(rates, levels, level, rate) for _, level, rates, levels in operators]
    phases, before, sound = [0.0] * 6, (0.0, 0.0), []
    for i in range(n):
        if i == round(held_s * rate):
            for envelope in envelopes:
                envelope.release()
        out = [0.0] * 7
        for op in (6, 5, 4, 3, 2, 1):
            turns = phases[op - 1] + 2 * sum(out[m] for m in inputs[op - 1])
            if op == int(looped) and feedback:
                # The mean of its last two samples, in turns, a power of two for every step of the panel.
                turns += sum(before) / 2 * 2 ** (feedback - 7)
            out[op] = math.sin(2 * math.pi * turns) * envelopes[op - 1].sample()
            if op == int(looped):
                before = before[1], out[op]
            phases[op - 1] = (phases[op - 1] + operators[op - 1][0] * f0_hz / rate) % 1
        sound.append(sum(out[int(c)] for c in carriers) / len(carriers))
    return sound
