"""What each benchmark measured, against what, and what its figure means, as sentences with figures of its file.

Each entry is what was asked, the finding, and how to read it. Names in braces are keys of the file's figures; `config`
are its settings, `n` the lengths of its groups, `most` the largest figure of each column, and `tests` counts of test
runs.
"""

TEXTS: dict[str, tuple[str, str, str]] = {
    "bench_augmentations": (
        "How much of a training step goes into augmentation? The step is one of "
        "`configs/doppelganger/voice_augmented.yaml`: {config[batch_size]} pairs, five augmentations of the "
        "waveforms, a ResNet18.",
        "All augmentations together take {share of augmentation:.0%} of a step on a CPU.",
        "Each share is the time of that part divided by the time of the whole step. The sounds were not oversampled, "
        "as they are in the config now.",
    ),
    "bench_checkpoints": (
        "What do checkpoints cost a training? The training is the quick start, which writes one after each epoch, and "
        "with `trainers/checkpoints.yaml` also every thousand steps and twice an hour.",
        "Writing them takes {share_of_an_hour:.2%} of the time of a training. A training that continues from one "
        "starts {resumed_start_more_s:.1f} s later than a new one.",
        "The shares follow from the median time of a step and of a checkpoint. Starts are CPU time.",
    ),
    "bench_corpus": (
        "How fast does `synths render --shards` write a corpus, beside a loop that plays a batch and writes each "
        "sound with soundfile? The sounds are one second of `Voice`.",
        "Two processes with compiled synths write {ratios[compiled to_loop steady_s_per_sound]:.1f} times as many "
        "sounds per second as the loop.",
        "A row names the number of processes and whether the synth is compiled. The steady time leaves out the start "
        "of the processes and compilation, which a large corpus does not notice.",
    ),
    "bench_evaluation": (
        "How long does `doppelganger evaluate` take on a data set of the size of ESC-50: {config[clips]:,} clips of "
        "{config[seconds]:g} s in 50 classes? The clips are rendered, and the encoder is a ResNet18.",
        "The first run takes {first_run_s:.0f} s. A second run, which reads the embeddings that the first one kept, "
        "takes {second_run_s:.0f} s.",
        "A probe of classes that are hard to separate stops earlier than one of easy classes. Memory with a quarter "
        "of the clips is the same as with all: it does not grow with the data set.",
    ),
    "bench_explorer": (
        "How soon does a slider of the explorer change the sound? One second of `Voice`, eager, on {config[threads]} "
        "thread; the time runs from the slider's event to the start of the sound with that value.",
        "The median is {browser, at rest[median_ms]:.0f} ms for a single move and {browser, dragging[median_ms]:.0f} "
        "ms while the slider is dragged, with headless Chromium on the same machine. The goal was {config[goal_ms]} "
        "ms.",
        "*Load* is the number of processes that ran or waited when the measurement began. *Server alone* is the time "
        "of a request without a browser. A drag renders no sound for a value that is already passed.",
    ),
    "bench_labels": (
        "What do labels cost a training? For each objective that learns from labels: the time to compute the labels it "
        "uses, as a share of its training step.",
        "Labels take {events[labels_share]:.0%} of a step for event detection and {tagging[labels_share]:.0%} for "
        "tags.",
        "A step renders the sounds, labels them and trains a small vision transformer. The goal was at most "
        "{config[goal]:.0%}.",
    ),
    "bench_masked_autoencoder": (
        "What does masking save a masked autoencoder? A training step of vision transformers of three sizes, with 75 % "
        "of the patches masked and with none.",
        "With masking, a step of the small one takes {small, 75 % hidden[share_of_a_step_with_nothing_hidden]:.0%} of "
        "the time of a step without.",
        "Only visible patches are encoded, so masking saves time and memory. Below the three sizes, each pattern: the "
        "time to draw one picture of it, also as a share of a step of the small network.",
    ),
    "bench_matching": (
        "How near does `synths match` come to a sound, with the same number of renders as other searches? Targets are "
        "recordings of spoken digits and sounds of other synths; the others are random search and, for the latter, "
        "CMA-ES.",
        "Its nearest sound has {recordings[methods][match][median_ratio]:.2f} times the distance to a recording that "
        "the best of {recordings[renders]} random sounds has (median).",
        "The distance compares spectra of several window lengths; lower is nearer. A ratio is a method's distance "
        "divided by that of the best random sound for the same target. *Match is nearer* is the share of targets where "
        "our search wins. Recordings were matched with `Formant`, and sounds of other synths with `Voice`.",
    ),
    "bench_networks": (
        "How fast do small encoders train on one CPU core? Contrastive training on one-second sounds of `Voice`, in "
        "batches of {config[batch_size]} pairs and {config[precision]}; the time includes making the sounds.",
        "The network of `small` trains on {two a block, 128 channels (small)[pairs_per_cpu_s]:.0f} pairs per second of "
        "CPU time.",
        "*Two a block* is the network of BYOL-A with two convolutions in each block where BYOL-A has one. It was "
        "the network of the quick start when this was measured; today's has one in the first block, and is 2.4 times "
        "as fast.",
    ),
    "bench_procedural": (
        "How fast is our generator of AudioPG's clips of {config[seconds]} s? It is compared with the arithmetic of "
        "the released generator, which makes one clip at a time in NumPy; ours makes batches of {config[batch_size]}.",
        "Ours, compiled, makes {ratio:.0f} clips in the time of one of the released generator.",
        "The goal was 20.",
    ),
    "bench_startup": (
        "How long do the commands take to start? CPU time of a whole process, where the extra `train` is installed.",
        "`synths --help` takes {synths --help[cpu_s]:.2f} s. `import synths` takes {import synths[cpu_s]:.1f} s, "
        "nearly all of it for importing torch.",
        "The ratio is the time divided by that of importing torch alone. The goal is a limit in CPU seconds.",
    ),
    "bench_synths": (
        "How fast are the synths on a CPU, and how much memory do they take? `Voice` is compared with the same voice "
        "in torchsynth and SynthAX.",
        "`Voice`, compiled, renders {peers[ours, compiled][times_real_time]:,.0f} seconds of sound per second: "
        "{goals[1][measured]:.1f} times as many as torchsynth and {goals[0][measured]:.1f} times as many as SynthAX.",
        "*Times real time* is seconds of sound for each second of computing. An *output buffer* is the memory of the "
        "finished sounds; the column says how many of them a call takes beside it. An exponent of 1 means that the "
        "time grows in proportion.",
    ),
    "bench_training_step": (
        "How much of a training step goes into making sounds? The step is that of the published recipe of Audio "
        "Doppelgängers: {config[batch_size]} pairs of one-second sounds of `Voice`, log-mels, and a ResNet18.",
        "Sounds take {share of sounds:.0%} of a step on a CPU, log-mels {share of log-mels:.0%}.",
        "Sounds are made while the encoder trains, so they need no storage; this is what they cost in time. The "
        "published configs render them at three times the rate, which takes 3.5 times as long.",
    ),
    "compat": (
        "Does the package work with the lowest and the newest torch that it allows? Each row is a fresh environment, "
        "in which the tests of every synth run, and one or two short trainings.",
        "{tests[failed]} of {tests[run]:,} tests failed in {n[environments]} environments.",
        "Tests are skipped where the environment lacks an optional package.",
    ),
    "finetune_from_scratch": (
        "How well does the network of `small` do on ESC-10 without pre-training? It begins with random weights and "
        "trains on four of the five folds for 20 epochs; the fifth is tested, each in turn.",
        "{score:.1%} ({low:.1%} to {high:.1%}) of the 400 clips are classified correctly.",
        "Compare with [`small`, fine-tuned in the same way](finetune_small.md).",
    ),
    "finetune_small": (
        "How well does `small` do on ESC-10 when all its weights are trained further? It trains on four of the five "
        "folds for 20 epochs; the fifth is tested, each in turn.",
        "{score:.1%} ({low:.1%} to {high:.1%}) of the 400 clips are classified correctly.",
        "Compare with [the same network from random weights](finetune_from_scratch.md). The epoch is chosen on a tenth "
        "of the training clips.",
    ),
    "kills": (
        "Is a training that is killed and continued the same as one that was never stopped? One training was killed at "
        "{n[kills]} random moments, {kills_in_a_write} of them while a checkpoint was written, and continued each "
        "time.",
        "Of {losses_logged} logged losses, {losses_that_differ} differ.",
        "The losses and the last checkpoint are compared bit for bit.",
    ),
    "ranks": (
        "Does a training on several processes compute what one process does? For each objective, the loss and the "
        "gradients of 2 and of 4 processes, against one process with all the sounds.",
        "On 4 processes losses differ by at most {most[loss, 4 processes]:.0e}, gradients by {most[gradient, 4 "
        "processes]:.0e}.",
        "A difference is relative to the largest value of its tensor. Differences of this size are rounding in 32-bit "
        "arithmetic.",
    ),
    "soak": (
        "Are all random sounds usable? {config[sounds]:,} random sounds of one second of each synth in the table.",
        "At most {most[broken]:.1%} of the sounds of a synth are broken, {most[beyond_1]:.1%} exceed full scale, and "
        "{most[silent]:.1%} are silent.",
        "*Broken* is a sample that is NaN or infinite. *Silent* is a peak below -60 dB; such draws have a long attack "
        "or a closed filter.",
    ),
}
for _gpu, _which in (("bench_synths_gpu", "An H200, 512 sounds"), ("bench_synths_h100", "An H100, 4,096 sounds")):
    TEXTS[_gpu] = (
        f"{TEXTS['bench_synths'][0].replace('CPU', 'GPU')} {_which} at a time.",
        TEXTS["bench_synths"][1],
        TEXTS["bench_synths"][2].partition(" An exponent")[0] + " A compiled `Voice` now writes less to the memory "
        "of a GPU; its speed has not been measured since.",
    )
