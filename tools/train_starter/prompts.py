"""Texts to learn from: what people may call each target, with sides, templates and slips; and texts that name none."""
from __future__ import annotations

import numpy as np

from classes import MIDLINE_TARGETS, SIDED_TARGETS

# Names without a side. The first of each list is the target's own name.
SYNONYMS: dict[str, list[str]] = {
    "brain": [
        "brain", "whole brain", "brain tissue", "brain parenchyma", "entire brain", "brain mask", "brain extraction",
        "cerebrum and cerebellum", "intracranial brain tissue", "encephalon", "the brain without the skull",
        "skull stripped brain", "brain volume", "human brain", "head organ brain", "grey and white matter of the whole brain",
    ],
    "cerebral white matter": [
        "cerebral white matter", "white matter", "white matter of the cerebrum", "cerebrum white matter", "wm", "hemispheric white matter",
        "supratentorial white matter", "subcortical white matter", "cerebral wm", "white substance", "telencephalic white matter",
    ],
    "cerebral cortex": [
        "cerebral cortex", "cortex", "cortical grey matter", "cortical gray matter", "grey matter of the cerebral cortex", "cortical ribbon",
        "gray matter cortex", "neocortex", "cerebral grey matter", "cerebral gray matter", "pallium cortex", "gm", "grey matter", "gray matter",
        "cerebrum cortex", "folded outer grey layer of the cerebrum",
    ],
    "lateral ventricle": [
        "lateral ventricle", "lateral cerebral ventricle", "body of the lateral ventricle", "fluid filled lateral ventricle", "lat ventricle",
        "lateral ventricular space", "ventriculus lateralis", "lv of the brain",
    ],
    "inferior lateral ventricle": [
        "inferior lateral ventricle", "temporal horn of the lateral ventricle", "inf lat vent", "inferior horn of the lateral ventricle",
        "temporal horn", "inferior horn",
    ],
    "cerebellar white matter": [
        "cerebellar white matter", "cerebellum white matter", "white matter of the cerebellum", "arbor vitae", "cerebellar wm",
        "cerebellum wm", "medullary core of the cerebellum",
    ],
    "cerebellar cortex": [
        "cerebellar cortex", "cerebellum cortex", "cortex of the cerebellum", "cerebellar grey matter", "cerebellar gray matter",
        "cerebellum grey matter", "cerebellum gray matter", "grey matter of the cerebellum", "gray matter of the cerebellum", "folia of the cerebellum",
    ],
    "thalamus": ["thalamus", "thalamus proper", "thalamic nuclei", "dorsal thalamus", "thalami", "thalamic grey matter", "egg shaped thalamus", "thal"],
    "caudate": ["caudate", "caudate nucleus", "nucleus caudatus", "caudate head and body", "caudate nuclei", "c shaped caudate", "tail and head of the caudate", "caud"],
    "putamen": ["putamen", "putamen nucleus", "outer lentiform nucleus putamen", "putamina", "putaminal nucleus", "put", "shell of the lentiform nucleus"],
    "pallidum": ["pallidum", "globus pallidus", "pallidal nucleus", "globi pallidi", "inner lentiform nucleus pallidum", "pallidus", "paleostriatum", "gp", "pall"],
    "hippocampus": [
        "hippocampus", "hippocampal formation", "hippocampi", "sea horse shaped hippocampus", "seahorse shaped hippocampus", "hippocampus proper",
        "hippocampal region", "hippocampal grey matter", "sea-horse shaped hippocampal formation", "cornu ammonis", "ammon's horn", "hippocampal complex", "hippo",
        "sea horse shaped structure of the medial temporal lobe",
    ],
    "amygdala": ["amygdala", "amygdaloid body", "amygdaloid complex", "amygdalae", "corpus amygdaloideum", "almond shaped amygdala", "amygdala nuclei", "amyg"],
    "accumbens": ["accumbens", "nucleus accumbens", "accumbens area", "nacc", "accumbens nucleus", "ventral striatum"],
    "ventral diencephalon": ["ventral diencephalon", "ventral dc", "ventraldc", "subthalamic region", "hypothalamus and subthalamus", "vdc"],
    "cerebellum": ["cerebellum", "whole cerebellum", "cerebellar hemisphere", "little brain", "cerebella", "entire cerebellum", "cerebellar tissue", "hindbrain cerebellum"],
    "cerebral hemisphere": ["cerebral hemisphere", "cerebrum", "brain hemisphere", "hemisphere", "hemisphere of the brain", "half of the brain", "telencephalon hemisphere"],
    "basal ganglia": ["basal ganglia", "basal nuclei", "caudate putamen and pallidum", "deep grey nuclei of the basal ganglia", "striatum and pallidum"],
    "brainstem": ["brainstem", "brain stem", "truncus encephali", "pons and medulla", "midbrain pons and medulla oblongata", "brain-stem", "stem of the brain"],
    "third ventricle": ["third ventricle", "3rd ventricle", "ventriculus tertius", "ventricle 3", "v3 ventricle", "iii ventricle", "third cerebral ventricle"],
    "fourth ventricle": ["fourth ventricle", "4th ventricle", "ventriculus quartus", "ventricle 4", "v4 ventricle", "iv ventricle", "fourth cerebral ventricle"],
    "outer cerebrospinal fluid": [
        "outer cerebrospinal fluid", "cerebrospinal fluid", "csf", "extracerebral fluid", "subarachnoid space", "subarachnoid fluid",
        "sulcal csf", "fluid around the brain", "liquor cerebrospinalis", "spinal fluid around the brain",
    ],
    "ventricles": ["ventricles", "brain ventricles", "ventricular system", "all ventricles", "cerebral ventricles", "ventricles of the brain", "ventricle system", "ventricle", "brain ventricle"],
}
assert set(SYNONYMS) == set(SIDED_TARGETS) | set(MIDLINE_TARGETS)

ONE_SIDE = [
    "{s} {n}", "{s} {n}", "{s} {n}", "{n} {s}", "{n}, {s}", "{n} ({s})", "{n} on the {s}", "{s}-sided {n}", "{s} sided {n}", "{n} of the {s} side",
    "{n} of the {s} hemisphere", "{s} side {n}", "{n} {a}", "{n} {a}", "{n} ({a})", "{a} {n}", "{a}. {n}", "{a}h {n}", "{a}h-{n}", "{n}_{a}", "{n}-{a}", "{s}-{n}",
    "{s}_{n}", "{n} in the {s} hemisphere", "{n} at the {s}", "{s} hemisphere {n}", "{n} {s} side", "{n} ({s} side)", "{n}: {s}", "only the {s} {n}",
    "{n}, {s} hemisphere", "{n} on the {s} side of the brain",
]
BOTH_SIDES = [
    "{n}", "{n}", "{n}", "{n}", "both {n}", "both {n}s", "bilateral {n}", "{n} on both sides", "left and right {n}", "right and left {n}",
    "{n} left and right", "{n} (both sides)", "{n} bilaterally", "{n}, bilateral", "{n} of both hemispheres", "{n}s", "paired {n}",
]
TEMPLATES = [
    "{t}", "{t}", "{t}", "{t}", "the {t}", "a {t}", "{t} in a t1 brain mri", "the {t} in a t1 brain mri", "{t} in brain mri", "{t} in brain mr",
    "{t} on mri", "{t} in mri", "mri of the {t}", "brain mri: {t}", "segment the {t}", "please segment the {t}", "find the {t}", "show me the {t}",
    "where is the {t}", "outline the {t}", "mask of the {t}", "{t} in t1-weighted mr of the head", "{t} in a t1w image", "t1 mri {t}", "{t} mri",
    "{t} segmentation", "segmentation of the {t} in magnetic resonance imaging", "{t} in head mr", "{t} visible in brain magnetic resonance imaging",
    "mr imaging of the {t} within the brain", "highlight {t}", "delineate the {t} on this scan", "{t} in this volume", "{t} of a healthy adult",
    "the volume of the {t}", "{t} in a head scan", "extract {t}", "label {t}", "anatomy: {t}", "structure {t}", "i need the {t}", "{t} please",
    "{t}.", "{t}?", "\"{t}\"", "brain {t} mri t1", "mr {t}", "{t} in human brain t1 mri", "neuroanatomy {t}", "magnetic resonance image of the {t}",
]
DESCRIBED = ["small", "deep", "normal", "adult", "subcortical", "shaped", "grey", "structure", "region", "nucleus", "area", "tissue", "entire", "complete", "full", "anatomical"]

# Names of things that the model cannot find: text about these must be refused.
UNKNOWN = """
liver|kidney|pancreas|spleen|gallbladder|stomach|duodenum|colon|small bowel|esophagus|oesophagus|trachea|lung|lung nodule|heart|heart ventricle|left ventricle of the heart
right ventricle of the heart|cardiac ventricle|myocardium|left atrium|aorta|inferior vena cava|portal vein|adrenal gland|bladder|urinary bladder|prostate|uterus|ovary|testis
rectum|bowel|intestine|vertebra|spine|spinal cord|rib|sternum|clavicle|scapula|humerus|femur|femoral head|hip|pelvis|sacrum|tibia|fibula|patella|knee cartilage|meniscus
ligament|tendon|muscle|psoas|gluteus maximus|skin|fat|bone|bone marrow|thyroid|parotid gland|submandibular gland|larynx|pharynx|tongue|tooth|teeth|mandible|maxilla|jaw
nose|nasal cavity|sinus|maxillary sinus|eye|eyeball|lens|retina|optic nerve|optic chiasm|cochlea|inner ear|ear|skull|scalp|face|neck|head|dura|meninges|falx|pituitary|pituitary gland
pineal gland|hypophysis|corpus callosum|fornix|internal capsule|brain tumor|brain tumour|tumor|tumour|glioma|glioblastoma|enhancing tumor|edema|oedema|necrotic core|lesion
white matter lesion|multiple sclerosis lesion|stroke|infarct|hemorrhage|haemorrhage|hematoma|aneurysm|brain vessels|carotid artery|circle of willis|basilar artery|metastasis
meningioma|vestibular schwannoma|cyst|abscess|calcification|nodule|mass|polyp|fracture|pneumothorax|pleural effusion|consolidation|covid infection|emphysema|airway|bronchus
breast|breast tumor|lymph node|artery|vein|vessel|coronary artery|pericardium|diaphragm|mitochondria|nucleus of the cell|cell|cell membrane|synapse|neuron|axon|dendrite|nuclei
endoplasmic reticulum|golgi|vesicle|organoid|zebrafish|mouse embryo|embryo|fetus|placenta|fetal head|catheter|implant|electrode|screw|stent|pacemaker|table|couch|air|background
dog|cat|horse|sea horse|car|tree|banana|house|bicycle|person|phone|cloud|mountain|water|river|chair|pizza|airplane|ship|road|nothing|anything|something|everything|test|hello|hello world
foo|bar|lorem ipsum|asdf|qwerty|unknown|none|n/a|left|right|both|l|r|the|it|mri|t1|t1 mri|ct|scan|image|volume|abdomen|abdominal ct|chest|chest ct|thorax|almond|egg|stem|horn|shell
white|grey|gray|matter|nucleus|ganglion|formation|lateral|inferior|superior|third|fourth|fluid|pleural fluid|ascites|body|organ|left lung|right lung|upper lobe|lower lobe|cervical spine
liver tumor|kidney tumor|pancreatic cancer|colon cancer|hepatic vessel|renal cyst|renal cortex|renal medulla|adrenal cortex|cortex of the kidney|cortical bone|white matter hyperintensities|gray whale|white blood cell
pons|medulla oblongata|medulla|midbrain|insula|gyrus|precentral gyrus|cingulate gyrus|frontal lobe|temporal lobe|occipital lobe|parietal lobe|fetal brain|mouse brain|rat brain
substantia nigra|red nucleus|dentate nucleus|claustrum|choroid plexus|hypothalamus|subthalamic nucleus|mammillary body|sylvian fissure|cerebral artery|cerebral aneurysm
cardiac left ventricle|left ventricular cavity|head of the pancreas|tail of the pancreas|caudate lobe of the liver|lateral meniscus|third rib|fourth metacarpal|lateral malleolus
cruciate ligament|body of the stomach|horn of the uterus|temporal bone|temporal muscle|inferior lobe of the lung|superior vena cava|cortex of the adrenal gland|third molar
""".replace("\n", "|").strip("|").split("|")
UNKNOWN_TEMPLATES = ["{t} in abdominal ct", "{t} in ct", "{t} in chest ct", "{t} in ultrasound", "{t} in pet", "{t} in electron microscopy", "ct imaging of the {t} within the abdomen"]
ILLS = ["tumor", "tumour", "lesion", "stroke", "bleeding", "infarct", "cancer", "metastasis", "cyst", "edema"]

Text = tuple[str, str | None, str]  # target or "", side, text


def draw_text(rng: np.random.Generator, words: list[str]) -> Text:
    """One text with what it names. `words` are ordinary words, to be recognised as naming nothing."""
    if rng.random() < 0.34:
        return "", None, slip(unknown_text(rng, words), rng)
    name = pick(rng, list(SYNONYMS))
    phrase = SYNONYMS[name][0] if rng.random() < 0.4 else pick(rng, SYNONYMS[name])
    side = pick(rng, ["left", "right", "left", "right", None]) if name in SIDED_TARGETS else None
    if rng.random() < 0.06:
        phrase = f"{pick(rng, DESCRIBED)} {phrase}"
    text = name_with_side(phrase, side, name in SIDED_TARGETS, rng)
    text = pick(rng, TEMPLATES).format(t=text)
    return name, side, slip(text, rng)


def name_with_side(phrase: str, side: str | None, sided: bool, rng: np.random.Generator) -> str:
    if side is not None:
        if rng.random() < 0.25 and " " in phrase:  # "sea horse shaped left hippocampal formation"
            words = phrase.split(" ")
            words.insert(int(rng.integers(len(words))), side)
            return " ".join(words)
        return pick(rng, ONE_SIDE).format(n=phrase, s=side, a=side[0])
    return pick(rng, BOTH_SIDES).format(n=phrase) if sided else phrase


def unknown_text(rng: np.random.Generator, words: list[str]) -> str:
    kind = rng.random()
    if kind < 0.5:
        thing = pick(rng, UNKNOWN)
        if rng.random() < 0.35:
            side = pick(rng, ["left", "right"])
            thing = pick(rng, ONE_SIDE).format(n=thing, s=side, a=side[0])
        return pick(rng, TEMPLATES + UNKNOWN_TEMPLATES * 3).format(t=thing)
    if kind < 0.58:  # what ails a structure is not the structure
        return f"{pick(rng, ILLS)} in the {pick(rng, ['', 'left ', 'right '])}{pick(rng, pick(rng, list(SYNONYMS.values())))}"
    if kind < 0.9:
        thing = " ".join(pick(rng, words) for _ in range(int(rng.integers(1, 4))))
        if rng.random() < 0.3:
            thing = f"{pick(rng, ['left', 'right'])} {thing}"
        return pick(rng, TEMPLATES).format(t=thing)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(pick(rng, letters) for _ in range(int(rng.integers(1, 9)))) for _ in range(int(rng.integers(1, 4))))


def slip(text: str, rng: np.random.Generator) -> str:
    """Typing errors, and words in another order."""
    words = text.split(" ")
    if len(words) > 1 and rng.random() < 0.06:
        rng.shuffle(words)
    text = " ".join(words)
    if len(text) > 6 and rng.random() < 0.12:
        at = int(rng.integers(2, len(text) - 1))
        kind = rng.integers(4)
        before, here, after = text[:at], text[at], text[at + 1 :]
        text = [before + after, before + here + here + after, before + "aeiourstnlc"[rng.integers(11)] + after, before + after[:1] + here + after[1:]][kind]
    if rng.random() < 0.02:
        text = text.replace(" ", "")
    return text


def pick(rng: np.random.Generator, things):
    return things[int(rng.integers(len(things)))]
