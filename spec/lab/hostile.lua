--- Names that try to be more than names, for the specs of every output.
return {
  markup = [[<script>document.title="owned"</script><img src=x onerror=alert(1)>]],
  quotes = [["'`,;|]],
  escapes = "\27[31mred\27]0;x\7\\x\r\n\tend",
  rtl = "abc\u{202e}fed\u{2066}\u{200f}",
  formula = "=cmd|'/C calc'!A0",
  cdata = "]]>&amp;<![CDATA[",
  markdown = "[x](http://127.0.0.1/) **b** `c` | d",
  annotation = "::error file=x::y%0A%25",
}
