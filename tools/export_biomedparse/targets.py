"""What the model was trained to find, as its model card lists it: names for the pack's `targets`.

One line per group; `L/R` in front of a name stands for a left and a right one.
"""

GROUPS = """
adrenocortical carcinoma; L/R kidney lesion; L/R kidney cyst; liver tumor; lung lesion; pancreas tumor
head and neck cancer; colon cancer primary; COVID-19 lesion; whole-body lesion; lymph node
L/R lung; left upper lobe of the lung; left lower lobe of the lung; right upper lobe of the lung
right middle lobe of the lung; right lower lobe of the lung; trachea; airway tree
spleen; liver; gallbladder; stomach; pancreas; duodenum; small bowel; colon; esophagus
L/R kidney; L/R adrenal gland; bladder; prostate; uterus
aorta; superior vena cava; inferior vena cava; pulmonary vein; pulmonary artery; brachiocephalic trunk
L/R subclavian artery; L/R common carotid artery; L/R brachiocephalic vein; left atrial appendage
portal and splenic vein; L/R iliac artery; L/R iliac vein; heart
L/R carotid artery; L/R jugular vein; L/R submandibular gland; L/R parotid gland; L/R lacrimal gland
thyroid; glottic larynx; supraglottic larynx; lips; buccal mucosa; oral cavity; cervical esophagus
cricopharyngeal inlet; arytenoids; L/R anterior eyeball segment; L/R posterior eyeball segment
optic chiasm; L/R optic nerve; L/R cochlea; pituitary; brainstem; spinal cord; brain; skull
Circle of Willis; sacrum; vertebrae; L/R humerus; L/R scapula; L/R clavicle; L/R femur; L/R hip
L/R gluteus maximus; L/R gluteus medius; L/R gluteus minimus; L/R autochthon; L/R iliopsoas
cecum; appendix; ascending colon; transverse colon; descending colon; sigmoid colon; rectum
prostate transition zone; prostate lesion
left ventricle; right ventricle; myocardium; left atrium; right atrium
brain tumor; stroke lesion; primary gross tumor volume; nodal gross tumor volume
intrameatal vestibular schwannoma; extrameatal vestibular schwannoma
non-enhancing tumor core; non-enhancing FLAIR hyperintensity; enhancing tissue; resection cavity
white matter hyperintensity; intervertebral disc; spinal canal
soleus; gastrocnemius medialis; gastrocnemius lateralis
endolysosome; mitochondrion; nucleus; neuronal ultrastructure; synaptic cleft; axon
neural activity in brain; Alzheimer's plaque; vessel
"""


def targets():
    """A list of {name} or {name, side}, as pack.json holds them."""
    found = []
    for name in GROUPS.replace("\n", ";").split(";"):
        name = name.strip()
        if name.startswith("L/R "):
            found += [{"name": name[4:], "side": side} for side in ("left", "right")]
        elif name:
            found.append({"name": name})
    return found
