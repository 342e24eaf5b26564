"""Index ranges: first index of the sounds of each purpose, 2^40 indices apart."""

_LENGTH = 1 << 40

TRAIN = 0
VALIDATE = 1 * _LENGTH
TEST = 2 * _LENGTH
PROBE = 3 * _LENGTH  # sounds of synthetic probe tasks
# 4 is free: another number here would change the sounds of a purpose.
TAG_SAMPLE = 5 * _LENGTH  # sounds that the best tags are chosen on
SENSITIVITY = 6 * _LENGTH  # sounds that audible step sizes are estimated on
