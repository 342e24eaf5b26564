"""Sentences: how a caption puts its phrases.

``{slot}`` must have something to say, ``{slot?}`` may be empty. Of a sentence's variants that can be said, those that
need most slots are meant, so that all that is known is said; a number chooses among equals.
"""

SCENE = (
    "{clause_1} {times_1?} {link_2?} {clause_2?} {times_2?} {link_3?} {clause_3?} {times_3?} {link_4?} {clause_4?} "
    "{times_4?} .",
)

SOUND = (
    "a {loud?} {bright?} {clean?} {driven?} {wave?} {material?} {noun} {high?} {how?} , much like {like} .",
    "this is a {bright?} {clean?} {loud?} {driven?} {wave?} {material?} {noun} {high?} {how?} , not unlike {like} .",
    "there is a {loud?} {clean?} {bright?} {driven?} {wave?} {material?} {noun} {high?} {how?} , perhaps {like} .",
    "a {loud?} {bright?} {clean?} {driven?} {wave?} {material?} {noun} {high?} {how?} .",
    "this is a {bright?} {clean?} {loud?} {driven?} {wave?} {material?} {noun} {high?} {how?} .",
    "there is a {loud?} {clean?} {bright?} {driven?} {wave?} {material?} {noun} {high?} {how?} .",
)

TIME = (
    "it {attack} {again?} {late?} and {decay} .",
    "{late?} it {attack} {again?} , then it {decay} .",
    "the sound {attack} {again?} {late?} and {decay} .",
    "it {attack} {again?} {late?} .",
    "it {decay} .",
    "the sound {decay} .",
)

SPACE = (
    "all is heard in {room} , over {bed} .",
    "over {bed} , the whole echoes in {room} .",
    "it is heard in {room} .",
    "the whole echoes in {room} .",
    "behind it lies {bed} .",
    "there is {bed} in the background .",
)

MOTION = (
    "its pitch {glide} and its tone {brighter} , with {details} .",
    "its tone {brighter} while its pitch {glide} , with {details} .",
    "its pitch {glide} and its tone {brighter} .",
    "its tone {brighter} while its pitch {glide} .",
    "its pitch {glide} , with {details} .",
    "the pitch {glide} , and there is {details} .",
    "its tone {brighter} , with {details} .",
    "the tone {brighter} , and there is {details} .",
    "its pitch {glide} .",
    "the pitch {glide} .",
    "its tone {brighter} .",
    "the tone {brighter} .",
    "it has {details} .",
    "there is {details} .",
)
