"""A tiny copy of each public data set: its official layout, a few recordings, the quirks of its tables."""

import io
import json
import random
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile


def _sound(format: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.array([0.0, 0.5, -0.5, 0.0]), 16000, format=format)
    return file.getvalue()


SOUNDS = {".wav": _sound("WAV"), ".ogg": _sound("OGG")}


def record(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(SOUNDS[PurePosixPath(file).suffix])


def write(root: Path, file: str, text: str, encoding: str = "utf-8") -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, encoding=encoding)


def hear_fold_of(stems, n_folds: int, seed: str) -> dict[str, str]:
    """HEAR's folds by the first of its seeds that puts every class into each of them."""
    order = sorted(stems)
    random.Random(seed).shuffle(order)
    sizes = [len(order) // n_folds + (fold < len(order) % n_folds) for fold in range(n_folds)]
    return {stem: f"fold{fold:02d}" for fold, size in enumerate(sizes) for stem in [order.pop(0) for _ in range(size)]}


def esc50(root):
    columns = "filename,fold,target,category,esc10,src_file,take"
    rows = "1-100032-A-0.wav,1,0,dog,True,100032,A\n5-9032-A-0.wav,5,19,thunderstorm,False,9032,A\n"
    write(root, "meta/esc50.csv", f"{columns}\n{rows}", "utf-8-sig")
    record(root, "audio/1-100032-A-0.wav", "audio/5-9032-A-0.wav")
    return {"audio/1-100032-A-0.wav": ("dog", "1"), "audio/5-9032-A-0.wav": ("thunderstorm", "5")}


def esc10(root):
    return {file: row for file, row in esc50(root).items() if row[0] == "dog"}


def pack(root):
    write(root, "labels.csv", 'file,label,fold\na.wav,"a dog, barking",1\n')
    record(root, "a.wav")
    return {"a.wav": ("a dog, barking", "1")}


def us8k(root):
    columns = "slice_file_name,fsID,start,end,salience,fold,classID,class"
    rows = "7-3-0-0.wav,7,0.0,0.3,1,5,3,dog_bark\n9-2-0-5.wav,9,1.5,5.5,2,10,2,children_playing\n"
    write(root, "metadata/UrbanSound8K.csv", f"{columns}\n{rows}")
    record(root, "audio/fold5/7-3-0-0.wav", "audio/fold10/9-2-0-5.wav")
    write(root, "audio/fold5/.DS_Store", "")
    return {"audio/fold5/7-3-0-0.wav": ("dog_bark", "5"), "audio/fold10/9-2-0-5.wav": ("children_playing", "10")}


def speech_commands_v1(root, more=()):
    words = "bed bird cat dog down eight five four go happy house left marvin nine no off on one right seven sheila six"
    words = [*words.split(), "stop", "three", "tree", "two", "up", "wow", "yes", "zero", *more]
    expected = {f"{word}/0a7c2a8d_nohash_0.wav": (word, "train") for word in words}
    expected |= {"bed/0b_nohash_1.wav": ("bed", "val"), "zero/0c_nohash_0.wav": ("zero", "test")}
    record(root, *expected, "_background_noise_/running_tap.wav", "bed/._0b_nohash_1.wav")
    write(root, "validation_list.txt", "bed/0b_nohash_1.wav\n")
    write(root, "testing_list.txt", "zero/0c_nohash_0.wav\r\n\r\n")
    return expected


def hear(root, task="speech_commands", mode="5h", n_folds=0, kind="multiclass", labels=("no", "yes")):
    """The folder of one of HEAR's tasks, a recording a split."""
    splits = [f"fold{fold:02d}" for fold in range(n_folds)] or ["train", "valid", "test"]
    about = {"task_name": task, "mode": mode, "embedding_type": "scene", "prediction_type": kind, "splits": splits}
    write(root, "task_metadata.json", json.dumps(about))
    write(root, "labelvocabulary.csv", "idx,label\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels)))
    expected = {}
    for i, split in enumerate(splits):
        label = labels[i % len(labels)]
        write(root, f"{split}.json", json.dumps({f"{i}.wav": [label]}))
        record(root, f"16000/{split}/{i}.wav", f"48000/{split}/{i}.wav")
        expected[f"48000/{split}/{i}.wav"] = ((str(label),) if kind == "multilabel" else str(label), split)
    return expected


def fsd50k(root):
    rows = '64760,"Electric_guitar,Guitar,Music","/m/02sgy,/m/0342h",train\n16399,Laughter,/m/01j3sz,val\n'
    write(root, "FSD50K.ground_truth/dev.csv", f"fname,labels,mids,split\n{rows}")
    write(root, "FSD50K.ground_truth/eval.csv", 'fname,labels,mids\n37199,"Guitar,Music","/m/0342h,/m/04rlf"\n')
    record(root, "FSD50K.dev_audio/64760.wav", "FSD50K.dev_audio/16399.wav", "FSD50K.eval_audio/37199.wav")
    return {
        "FSD50K.dev_audio/64760.wav": (("Electric_guitar", "Guitar", "Music"), "train"),
        "FSD50K.dev_audio/16399.wav": (("Laughter",), "val"),
        "FSD50K.eval_audio/37199.wav": (("Guitar", "Music"), "test"),
    }


def nsynth_instrument(root, field="instrument_family_str"):
    notes = {"train": ("bass_synthetic_068", 49), "valid": ("flute_acoustic_2", 60), "test": ("reed_acoustic_1", 108)}
    expected = {}
    for fold, (instrument, pitch) in notes.items():
        note = f"{instrument}-{pitch:03d}-025"
        about = {"pitch": pitch, "velocity": 25, "instrument_family_str": instrument.split("_")[0]}
        write(root, f"nsynth-{fold}/examples.json", json.dumps({note: about}))
        record(root, f"nsynth-{fold}/audio/{note}.wav")
        expected[f"nsynth-{fold}/audio/{note}.wav"] = (str(about[field]), fold)
    return expected


def crema_d(root):
    actors = [str(actor) for actor in range(1001, 1092)]
    np.random.RandomState(0).shuffle(actors)  # as TensorFlow Datasets does
    folds = {actor: "train" if i < 63 else "val" if i < 72 else "test" for i, actor in enumerate(actors)}
    expected = {f"AudioWAV/{actor}_DFA_ANG_XX.wav": ("ANG", fold) for actor, fold in folds.items()}
    expected["AudioWAV/1040_ITH_SAD_X.wav"] = ("SAD", "test")  # so named in old checkouts
    record(root, *expected)
    return expected


def vivae(root):
    names = {f"S{i:02d}_achievement_low_01.wav": ("achievement", f"S{i:02d}") for i in range(1, 12)}
    names["S11_pain_peak_09.wav"] = ("pain", "S11")
    record(root, *(f"full_set/{name}" for name in names), "core_set/S11_pain_peak_09.wav")
    return {f"full_set/{name}": row for name, row in names.items()}


def gtzan(root, folder="genres"):
    from torchaudio.datasets import gtzan  # the same split, from another's hand

    lists = {"train": gtzan.filtered_train, "val": gtzan.filtered_valid, "test": gtzan.filtered_test}
    rows = {name: (name.split(".")[0], fold) for fold, names in lists.items() for name in names}
    expected = {f"{folder}/{genre}/{name}.wav": (genre, fold) for name, (genre, fold) in rows.items()}
    record(root, *expected, f"{folder}/blues/blues.00099.wav", f"{folder}/pop/pop.00021.wav")
    return expected


def vocal_imitation(root):
    stems = [f"{i:03d}Animal_Domestic animals_ pets_Cat_{i}" for i in range(6)]
    labels = {stem: ("066Cat_Growling.wav", '001A "small", dog.wav')[i % 2] for i, stem in enumerate(stems)}
    quoted = {stem: '"' + label.replace('"', '""') + '"' for stem, label in labels.items()}
    rows = [*(f"{stem}.wav\t1\t{quoted[stem]}\tTrue\n" for stem in stems), "left out.wav\t1\tx.wav\tFalse\n"]
    columns = "imitation_filename\tcategory_id\treference_filename\tincluded\n"
    write(root, "vocal_imitations.txt", columns + "".join(rows))
    record(root, *(f"vocal_imitations/included/{stem}.wav" for stem in stems), "vocal_imitations/excluded/left out.wav")
    folds = hear_fold_of(stems, 3, "split_k_folds")
    return {f"vocal_imitations/included/{stem}.wav": (labels[stem], folds[stem]) for stem in stems}


def libricount(root):
    stems = [f"{n_speakers}_ab{i}" for n_speakers in (0, 10) for i in range(5)]
    record(root, *(f"test/{stem}.wav" for stem in stems))
    for stem in stems:
        write(root, f"test/{stem}.json", "[]")
    folds = hear_fold_of(stems, 5, "split_k_folds_retry_5")
    return {f"test/{stem}.wav": (stem.split("_")[0], folds[stem]) for stem in stems}


def voxlingua_top10(root):
    frequent = ["am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "zz"]
    stems = {f"{language}-{i}": language for language in frequent for i in range(16)}
    record(root, *(f"dev/{language}/{stem}.wav" for stem, language in stems.items()), "dev/ab/ab-0.wav")
    folds = hear_fold_of(stems, 5, "split_k_folds_retry_2")
    return {f"dev/{language}/{stem}.wav": (language, folds[stem]) for stem, language in stems.items()}


def voxforge(root):
    """The hash puts speaker msh into test and maria into val, whatever the case of the name."""
    expected = {
        "de/ralfherzog-20071220-de1/wav/de1-01.wav": ("de", "train"),
        "en/Trunk/Audio/Main/16kHz_16bit/anonymous-20080119-abc/wav/a0001.wav": ("en", "train"),
        "es/msh-20080119-abc/wav/es-01.wav": ("es", "test"),
        "fr/Msh-20090119-xyz/wav/fr-01.wav": ("fr", "test"),
        "it/maria-20080119-abc/wav/it-01.wav": ("it", "val"),
        "ru/maria-20080119-def/wav/ru-01.wav": ("ru", "val"),
    }
    record(root, *expected)
    write(root, "de/ralfherzog-20071220-de1/etc/PROMPTS", "")
    return expected


def voxforge_table(root):
    expected = {"a-20080119-x/wav/1.wav": ("de", "train"), "b-20080119-y/wav/1.wav": ("ru", "test")}
    record(root, *expected, "c-20080119-z/wav/1.wav")
    rows = "".join(f"{i},{file},{label},{fold}\n" for i, (file, (label, fold)) in enumerate(expected.items()))
    write(root, "voxforge.csv", f",file_name,label,split\n{rows}")
    return expected


def ravdess(root):
    words = dict(enumerate(["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"], start=1))
    expected = {}
    for take in np.ndindex(24, 8, 2, 2, 2):
        actor, emotion, strong, statement, repetition = (i + 1 for i in take)
        if words[emotion] != "neutral" or strong == 1:
            name = f"03-01-{emotion:02d}-{strong:02d}-{statement:02d}-{repetition:02d}-{actor:02d}.wav"
            expected[f"Actor_{actor:02d}/{name}"] = (words[emotion], str(1 + take[0] // 6))
    record(root, *expected, "Actor_01/03-02-01-01-01-01-01.wav")
    return expected


def audiomnist(root):
    lists = (
        (12, 47, 59, 15, 27, 41, 4, 11, 21, 31, 44, 50),
        (26, 52, 60, 18, 32, 42, 5, 13, 22, 33, 45, 51),
        (28, 56, 7, 19, 35, 1, 6, 16, 23, 34, 46, 53),
        (36, 57, 9, 24, 37, 2, 8, 17, 29, 39, 48, 54),
        (43, 58, 14, 25, 38, 3, 10, 20, 30, 40, 49, 55),
    )
    folds = {speaker: str(fold) for fold, speakers in enumerate(lists) for speaker in speakers}
    expected = {f"data/{i:02d}/{i % 10}_{i:02d}_49.wav": (str(i % 10), folds[i]) for i in range(1, 61)}
    record(root, *expected)
    write(root, "data/audioMNIST_meta.txt", "{}")
    return expected


def surge(root):
    """The hash, of the names without their velocity, puts the first into test and the second into val."""
    folds = {"3rdparty-Argitoth-Drums-Kick": "test", "factory-Leads-Saw": "val", "factory-Pads-Slow": "train"}
    expected = {
        f"surge-patches-{preset}-velocity{velocity}/{pitch}.ogg": (pitch, fold)
        for preset, fold in folds.items()
        for velocity in (64, 127)
        for pitch in ("21", "108")
    }
    record(root, *expected)
    return expected


def surge_table(root):
    rows = "surge-patches-factory-Leads-Saw-velocity64,train\nsurge-patches-factory-Pads-Slow-velocity64,test\n"
    write(root, "dataset_surge_tone_splits.csv", f"tone,split\n{rows}")
    rows = {"Leads-Saw-velocity64/60.ogg": ("60", "train"), "Pads-Slow-velocity64/61.ogg": ("61", "test")}
    expected = {f"surge-patches-factory-{file}": row for file, row in rows.items()}
    record(root, *expected)
    return expected


def vocalsound(root, folder="audio_16k"):
    rows = '0,/m/01j3sz,Laughter\n2,/m/0dl9sf8,"Throat clearing"\n'
    write(root, "class_labels_indices_vs.csv", f"index,mid,display_name\n{rows}")
    clips = {
        "tr": ("f0003_0_laughter.wav", "/m/01j3sz", "Laughter", "train"),
        "val": ("m0004_0_throatclearing.wav", "/m/0dl9sf8", "Throat clearing", "val"),
        "te": ("m0005_1_laughter.wav", "/m/01j3sz", "Laughter", "test"),
    }
    for stem, (name, mid, *_) in clips.items():
        wav = {"spk_id": name.split("_")[0], "wav": f"/data/of/the/authors/data_44k/{name}", "labels": mid}
        write(root, f"datafiles/{stem}.json", json.dumps({"data": [wav]}))
        record(root, f"{folder}/{name}", f"__MACOSX/{folder}/._{name}")
    return {f"{folder}/{name}": (label, fold) for name, _, label, fold in clips.values()}


def vocalsound_44k(root):
    vocalsound(root)
    return vocalsound(root, "data_44k")


# The task, and which of its layouts -> lays it out in a folder and returns file -> (label, fold).
LAYOUTS = {
    "audiomnist": audiomnist,
    "crema_d": crema_d,
    "crema_d, HEAR": partial(hear, task="tfds_crema_d", mode="full", n_folds=5),
    "esc10": esc10,
    "esc50": esc50,
    "fsd50k": fsd50k,
    "gtzan": gtzan,
    "gtzan, Kaggle": partial(gtzan, folder="Data/genres_original"),
    "gtzan, HEAR": partial(hear, task="tfds_gtzan", mode="full", n_folds=10, labels=("blues", "rock")),
    "libricount": libricount,
    "libricount, HEAR": partial(hear, task="libricount", mode="full", n_folds=5, labels=range(11)),
    "nsynth_instrument": nsynth_instrument,
    "nsynth_pitch": partial(nsynth_instrument, field="pitch"),
    "nsynth_pitch_5h": partial(hear, task="nsynth_pitch", labels=(21, 108)),
    "pack": pack,
    "ravdess": ravdess,
    "speech_commands_5h": partial(hear, labels=("_silence_", "_unknown_", "yes")),
    "speech_commands_v1": speech_commands_v1,
    "speech_commands_v2": partial(speech_commands_v1, more=("backward", "follow", "forward", "learn", "visual")),
    "surge": surge,
    "surge, table": surge_table,
    "us8k": us8k,
    "vivae": vivae,
    "vocal_imitation": vocal_imitation,
    "vocal_imitation, HEAR": partial(hear, task="vocal_imitation", mode="full", n_folds=3),
    "vocalsound": vocalsound,
    "vocalsound, 44 kHz": vocalsound_44k,
    "voxforge": voxforge,
    "voxforge, table": voxforge_table,
    "voxlingua_top10": voxlingua_top10,
    "voxlingua_top10, HEAR": partial(hear, task="vox_lingua_top10", mode="full", n_folds=5),
}
