"""The type of a treaty from its title: what is known of a vote's subject before it is held.

Rules are tried in order and the first that matches decides. They read only the words of the title; a title that says
nothing ("EXEC. M. APPROVAL OF RESOLUTION OF RATIFICATION") is of the type `not stated`. A table with a column `type`
needs none of this.
"""

import re

NOT_STATED = "not stated"

RULES: tuple[tuple[str, str], ...] = (
    (
        "arms control",
        r"arms|nuclear (?:weapon|explosion|test)|test.?ban|missile|weapons|\binf\b|offensive|hostile use|"
        r"conventional (?:armed )?forces|asphyxiating|underground nuclear|outer space|peaceful use|antarctic|flank document|"
        r"prohibition of nuclear|non-?proliferation|disarmament",
    ),
    (
        "alliance",
        r"north atlantic treaty|mutual (?:defen[cs]e|cooperation and security)|collective defen[cs]e|"
        r"reciprocal assistance|security treaty",
    ),
    ("peace treaty", r"peace with|state treaty|final settlement|reversion|panama canal|operation of the panama"),
    ("bilateral US-Russia", r"soviet|u\.?s\.?s\.?r|russia"),
    ("human rights", r"genocide|slavery|torture|political rights|human rights|racial|forced labor|women|disabilit"),
    (
        "international organisation",
        r"charter|statute of|amend\w* to article|constitution of the united nat|"
        r"economic cooperation and devel|organization (?:of|for)|board of governors|energy b",
    ),
    ("tax", r"tax|fiscal"),
    ("commodity agreement", r"coffee|wheat|grains|sugar|\btin\b|rubber|food aid|commodit"),
    (
        "legal cooperation",
        r"extradit|penal|evidence|letters rogatory|arbitra|notice with respect|official documents|"
        r"legal assistance|hostages|seizure|narcotic|execution of|offenses|cultural property|archeolog|recovery and ret",
    ),
    (
        "trade and friendship",
        r"friendship|amity|establishment|commerce|customs|consular|investment|expositions|"
        r"exhibitions|importation|property of|diplomatic relations|dut(?:y|ies)|compulsory settlement|bond",
    ),
    (
        "technical",
        r"fish|seal|tuna|salmon|shrimp|seas?\b|ships?\b|maritime|load lines|aviation|aircraft|telecommunic|radio|"
        r"broadcast|tele(?:graph|phone)|pollution|patent|industrial property|copyright|intellectual|plant protection|hydro|"
        r"agricultur|epizootics|space|astronaut|pipeline|river|boundary|diversions|flood|ozone|labor|traffic|safety|"
        r"nuclear accident|educational|weights|migratory|dam\b|seafarers|container|nice agreement",
    ),
)
"""Type, and words that name it."""
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in RULES)


def treaty_type(title: str) -> str:
    """Return the type of treaty that a title speaks of."""
    return next((name for name, words in _COMPILED if words.search(title)), NOT_STATED)
