"""Real recordings as training data, beside synthetic sounds or in place of them."""

from doppelganger.recordings.corpus import Corpus
from doppelganger.recordings.crops import Crops
from doppelganger.recordings.remote import RemoteCorpus
from doppelganger.recordings.sources import Folder, HuggingFaceDataset, Shards, Source, open_source

__all__ = ["Corpus", "Crops", "Folder", "HuggingFaceDataset", "RemoteCorpus", "Shards", "Source", "open_source"]
