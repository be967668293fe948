"""Meanings that pydicom's dictionary of the standard's SNOMED CT codes gives to codes.

JSON argument: {"codes": [code]}. Prints an object of lists.
"""

import json
import sys

from pydicom.sr._concepts_dict import concepts

meanings = {}
for entries in concepts["SCT"].values():
    for value, (meaning, _groups) in entries.items():
        meanings.setdefault(value, []).append(meaning)
print(json.dumps({value: meanings.get(value, []) for value in json.loads(sys.argv[1])["codes"]}))
