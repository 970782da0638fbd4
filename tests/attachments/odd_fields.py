"""Word fields in valid XML that no office program writes (R3.07)."""

from tests.attachments.valid_files import docx


def odd_field(xml: str, encoding: str = "utf-8") -> bytes:
    """Return a document with the XML in a part that declares its namespaces."""
    names = " ".join(f'xmlns:{prefix}="urn:{prefix}"' for prefix in ("w", "z", "a-b", "ñ", "w" * 17, "mc"))
    return docx(word__a_dot_xml=f"<w:document {names}>{xml}</w:document>".encode(encoding))


# Commands that Word runs and that a search of the bytes does not find (R3.07)
ODD_FIELDS = {
    "behind a sign in an attribute": "<w:instrText z:a='>'>DDEAUTO cmd</w:instrText>",
    "as CDATA": "<w:instrText><![CDATA[DDEAUTO cmd]]></w:instrText>",
    "around a comment": "<w:instrText>D<!-- -->DEAUTO cmd</w:instrText>",
    "around an instruction to a program": "<w:instrText>D<?a?>DEAUTO cmd</w:instrText>",
    "around an element": "<w:instrText>D<z:a/>DEAUTO cmd</w:instrText>",
    "around a mark in a comment": "<w:instrText>D</w:instrText><!--<fldChar/>--><w:instrText>DEAUTO cmd</w:instrText>",
    "around a mark that is left out": "<w:instrText>D</w:instrText><z:fldChar/><w:instrText>DEAUTO cmd</w:instrText>",
    "behind an alternative": (
        "<mc:Choice><w:instrText>PAGE</w:instrText></mc:Choice><mc:Fallback><w:instrText>DDE cmd</w:instrText>"
        "</mc:Fallback>"
    ),
    "around an alternative": (
        "<w:instrText>DD</w:instrText><z:a><w:instrText>PAGE</w:instrText></z:a><w:instrText>E cmd</w:instrText>"
    ),
    "as simple field behind a sign": "<w:fldSimple z:a='>' w:instr='DDEAUTO cmd'/>",
    "as simple field behind another": "<w:fldSimple z:instr='PAGE' w:instr='DDEAUTO cmd'/>",
    "as simple field in an attribute": "<w:fldSimple z:a='instr=\"' w:instr='DDEAUTO cmd'/>",
    "of a long prefix": f"<{'w' * 17}:instrText>DDEAUTO cmd</{'w' * 17}:instrText>",
    "of another prefix": "<a-b:instrText>DDEAUTO cmd</a-b:instrText>",
    "of a prefix in Spanish": "<ñ:instrText>DDEAUTO cmd</ñ:instrText>",
    "behind what is not seen": "<w:instrText>\u200eDDEAUTO cmd</w:instrText>",
}
