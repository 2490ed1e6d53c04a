import { fail } from '~/shared/errors'

/** `namespace` is '' for none. Names keep their case; values and text have their references read. */
export interface XmlElement { name: string, prefix: string, local: string, namespace: string, attributes: XmlAttribute[] }
export interface XmlAttribute { name: string, prefix: string, local: string, value: string }
export type XmlEvent = { kind: 'open', element: XmlElement } | { kind: 'close' } | { kind: 'text', text: string, isData: boolean }

const deepest = 256
const mostAttributes = 500
const spaceAt = /[ \t\r\n]*/y
const nameAt = /(?:[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*)(?::[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*)?/y
const reference = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));|&/g
const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' }
const wellKnown: Readonly<Record<string, string>> = { xml: 'http://www.w3.org/XML/1998/namespace', xmlns: 'http://www.w3.org/2000/xmlns/' }
/** Any of these leaves what we read as ASCII as it is. */
const encodings = /\bencoding\s*=\s*["'](?!(?:utf-?8|us-ascii|iso-8859-1|windows-1252)["'])/i
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

interface Scope { parent: Scope | null, prefixes: Map<string, string> }

const broken = (what: string): never => fail('unsupported_media_type', `the SVG is not well-formed: ${what}`)

/**
 * Reads XML in one pass, as strictly as XML's own rules: whoever reads the same text later sees the same elements. A document type and
 * instructions other than the XML declaration and XMP's packet marks are refused; there are no entities but the five of XML.
 */
export function* readXml(text: string): Generator<XmlEvent> {
  if (control.test(text)) broken('it has control characters')
  const open: string[] = []
  let scope = null as Scope | null
  let hasRoot = false
  let at = text.startsWith('\ufeff') ? 1 : 0
  const start = at

  const until = (mark: string, from: number): number => {
    const end = text.indexOf(mark, from)
    return end === -1 ? broken('something does not end') : end
  }

  while (at < text.length) {
    if (text[at] !== '<') {
      const end = text.indexOf('<', at) === -1 ? text.length : text.indexOf('<', at)
      const words = text.slice(at, end)
      if (open.length === 0 && words.trim() !== '') broken('there is text beside its root')
      yield { kind: 'text', text: withReferences(words), isData: false }
      at = end
    } else if (text.startsWith('<!--', at)) {
      const end = until('--', at + 4)
      // Not XML, and where a reader of HTML sees the comment end.
      if (text[end + 2] !== '>' || /^-?>/.test(text.slice(at + 4, at + 6))) broken('a comment is not one')
      at = end + 3
    } else if (text.startsWith('<![CDATA[', at)) {
      const end = until(']]>', at + 9)
      if (open.length === 0) broken('there is text beside its root')
      yield { kind: 'text', text: text.slice(at + 9, end), isData: true }
      at = end + 3
    } else if (text.startsWith('<?', at)) {
      const end = until('?>', at + 2)
      const instruction = text.slice(at + 2, end)
      const isDeclaration = at === start && /^xml[ \t\r\n]/.test(instruction)
      if (!isDeclaration && !/^xpacket[ \t\r\n]/.test(instruction)) fail('unsupported_media_type', 'an SVG with instructions is not taken')
      if (isDeclaration && encodings.test(instruction)) fail('unsupported_media_type', 'an SVG must be UTF-8')
      at = end + 2
    } else if (text.startsWith('<!', at)) {
      fail('unsupported_media_type', 'an SVG with a document type is not taken')
    } else if (text[at + 1] === '/') {
      const name = nameFrom(text, at + 2)
      const end = skipSpace(text, at + 2 + name.length)
      if (name === '' || open.pop() !== name || text[end] !== '>') broken('its elements do not nest')
      scope = scope?.parent ?? null
      yield { kind: 'close' }
      at = end + 1
    } else {
      if (open.length === 0 && hasRoot) broken('it has two roots')
      if (open.length >= deepest) fail('unsupported_media_type', 'the SVG is nested too deeply')
      hasRoot = true
      const tag = readTag(text, at, scope)
      yield { kind: 'open', element: tag.element }
      if (tag.isEmpty) {
        yield { kind: 'close' }
      } else {
        open.push(tag.element.name)
        scope = tag.scope
      }
      at = tag.end
    }
  }
  if (!hasRoot || open.length > 0) broken('it ends too early')
}

function readTag(text: string, start: number, parent: Scope | null): { element: XmlElement, isEmpty: boolean, scope: Scope, end: number } {
  const name = nameFrom(text, start + 1) || broken('a tag has no name')
  const attributes: XmlAttribute[] = []
  const names = new Set<string>()
  let at = start + 1 + name.length
  for (;;) {
    const next = skipSpace(text, at)
    if (text[next] === '>' || text.startsWith('/>', next)) {
      at = next
      break
    }
    const attribute = nameFrom(text, next) || broken('a tag does not end')
    if (next === at || names.has(attribute) || names.size >= mostAttributes) broken('its attributes are not in order')
    names.add(attribute)
    const equals = skipSpace(text, next + attribute.length)
    const quote = skipSpace(text, equals + 1)
    if (text[equals] !== '=' || (text[quote] !== '"' && text[quote] !== '\'')) broken('an attribute has no value')
    const end = text.indexOf(text[quote]!, quote + 1)
    const raw = text.slice(quote + 1, end)
    if (end === -1 || raw.includes('<')) broken('an attribute does not end')
    attributes.push({ name: attribute, ...splitName(attribute), value: withReferences(raw.replace(/[\t\r\n]/g, ' ')) })
    at = end + 1
  }
  const prefixes = new Map<string, string>()
  for (const { prefix, local, value } of attributes) {
    if (prefix === 'xmlns') prefixes.set(local, value)
    else if (prefix === '' && local === 'xmlns') prefixes.set('', value)
  }
  const scope = { parent, prefixes }
  const { prefix, local } = splitName(name)
  for (const each of attributes) if (each.prefix !== '') namespaceOf(each.prefix, scope)
  const isEmpty = text[at] === '/'
  return { element: { name, prefix, local, namespace: namespaceOf(prefix, scope), attributes }, isEmpty, scope, end: at + (isEmpty ? 2 : 1) }
}

function namespaceOf(prefix: string, scope: Scope): string {
  if (Object.hasOwn(wellKnown, prefix)) return wellKnown[prefix]!
  for (let each: Scope | null = scope; each; each = each.parent) {
    const found = each.prefixes.get(prefix)
    if (found !== undefined) return found
  }
  return prefix === '' ? '' : broken('a prefix has no namespace')
}

function splitName(name: string): { prefix: string, local: string } {
  const colon = name.indexOf(':')
  return { prefix: name.slice(0, Math.max(0, colon)), local: name.slice(colon + 1) }
}

function nameFrom(text: string, at: number): string {
  nameAt.lastIndex = at
  return nameAt.exec(text)?.[0] ?? ''
}

function skipSpace(text: string, at: number): number {
  spaceAt.lastIndex = at
  return at + (spaceAt.exec(text)?.[0].length ?? 0)
}

function withReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(reference, (_whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name !== undefined) return named[name]!
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal ?? Number.NaN)
    if (Number.isNaN(code) || code > 0x10ffff || code === 0 || control.test(String.fromCodePoint(code))) broken('a reference means nothing')
    return String.fromCodePoint(code)
  })
}
