"""Small faults, planted one at a time: where a source file can have them, and what it is with one.

Tokens alone are looked at, no syntax tree; what does not compile is no mutant.
"""
import re

SWAPPED = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "~=": "==",
    "&&": "||", "||": "&&", "and": "or", "or": "and", "+": "-", "-": "+", "*": "/", "/": "*", "%": "/",
    "//": "*", "&": "|", "|": "&", "<<": ">>", ">>": "<<", "+=": "-=", "-=": "+=", "++": "--", "--": "++",
    "true": "false", "false": "true",
}

C_SKIPPED = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?!define \w+ \(?\d)(?:\\\n|[^\n])*'
LUA_SKIPPED = r'--\[\[.*?\]\]|--[^\n]*|\[\[.*?\]\]|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
NUMBER = r"(?<![\w.])(?:0x[0-9a-fA-F]+|\d+)(?![\w.])"
C_TOKENS = r"->|\+\+|--|[-+]=|&&|\|\||<<|>>|[<>=!]=|[-+*/%<>&|](?= )|!(?=[\w(*])|\b(?:true|false)\b|" + NUMBER
LUA_TOKENS = r"[<>=~]=|//|\.\.\.?|[-+*/%<>](?= )|\b(?:and|or|not|true|false)\b|" + NUMBER

# A statement of its own: a call or an assignment, not a declaration.
C_STATEMENT = re.compile(
    r"^[ \t]+(?!(?:if|for|while|switch|return|else|do|sizeof|case)\b)"
    r"(\*?\w+(?:(?:->|\.)\w+|\[[^]\n]*\])*(?:\([^;{}]*\)|\s*[-+|&]?=[^=;{}][^;{}]*|\+\+|--);)", re.M)
C_JUMP = re.compile(r"^[ \t]+((?:return|continue|break);)", re.M)
LUA_STATEMENT = re.compile(
    r"^[ \t]+((?!(?:local|return|if|for|while|function|end|else|elseif|repeat|until|break)\b)[\w.]+"
    r"(?:\[[^\n]*?\])?(?:[.:][\w.:]*)?(?: = [^\n{]+|\([^\n]*\)| ?\"[^\n]*\"))$", re.M)
LUA_RETURN = re.compile(r"\breturn (?!nil\b|function\b|\{$)([^\n;]+?)(?= end\b|$)", re.M)
C_CONDITION = re.compile(r"\b(?:if|while) \((!?[\w.>\[\]-]+(?:\([^()]*\))?)\)")
LUA_CONDITION = re.compile(r"\b(?:if|elseif|while) ((?:not )?[\w.\[\]]+(?:\([^()]*\))?) then\b")


class Mutant:
    def __init__(self, text, start, end, replacement):
        self.start, self.end, self.replacement = start, end, replacement
        self.line = text.count("\n", 0, start) + 1
        begin = text.rfind("\n", 0, start) + 1
        finish = text.find("\n", start)
        self.column = start - begin
        self.code = text[begin:finish].strip()
        self.original = re.sub(r"\s+", " ", text[start:end])

    def apply(self, text):
        return text[:self.start] + self.replacement + text[self.end:]

    def change(self):
        """The same wherever the line moves to. Which of several equal tokens of a line it is stands behind #."""
        return f"{self.original} -> {self.replacement or 'nothing'}"


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def mutants_of(path, text):
    is_lua = path.endswith(".lua")
    code = re.sub(LUA_SKIPPED if is_lua else C_SKIPPED, blank, text, flags=re.S | re.M)
    # A string that is blank may hide that a call has arguments, but not where it ends.
    found = {}

    def add(start, end, replacement):
        found.setdefault((start, end, replacement), Mutant(text, start, end, replacement))

    for match in re.finditer(LUA_TOKENS if is_lua else C_TOKENS, code):
        token, start, end = match.group(), match.start(), match.end()
        spaced = code[start - 1:start] in " \n" and code[end:end + 1] in " \n"
        if token[0].isdigit():
            add(start, end, hex(int(token, 16) + 1) if token.startswith("0x") else str(int(token) + 1))
        elif token in ("!", "not"):
            add(start, end + (token == "not"), "")
        elif token in ("++", "--", "true", "false") or token in SWAPPED and spaced:
            swapped = SWAPPED[token]
            add(start, end, "~=" if is_lua and swapped == "!=" else swapped)
    for pattern, replacement in ((LUA_STATEMENT, ""), (LUA_RETURN, None)) if is_lua else ((C_STATEMENT, ";"), (C_JUMP, ";")):
        for match in pattern.finditer(code):
            if replacement is None:
                add(match.start(1), match.end(1), "nil")
            else:
                add(match.start(1), match.end(1), replacement)
    for match in (LUA_CONDITION if is_lua else C_CONDITION).finditer(code):
        add(match.start(1), match.end(1), f"not ({match.group(1)})" if is_lua else f"!({match.group(1)})")
    ordered = [found[key] for key in sorted(found)]
    # A condition that starts with 'not' is negated by taking that away.
    return [mutant for mutant in ordered if not (mutant.replacement.startswith(("not (not ", "!(!")))]
