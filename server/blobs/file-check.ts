import { fileTypeFromBuffer, supportedMimeTypes } from 'file-type'
import { checkSignature, isMimeOf, parseMime } from '~/shared/domain/mime'
import { fail } from '~/shared/errors'
import type { Incoming } from './store'
import type { ThreadChecks } from './thread-check'

/** A received file, the space it is for, and who looks into what takes long. */
export interface FileCheck { file: Pick<Incoming, 'head' | 'size' | 'read'>, contentType: string | null, spaceId: string, checks: ThreadChecks }

/** Takes received bytes for what they are declared to be, or throws. Returns the type in its plain form. */
export async function checkFile({ file, contentType, spaceId, checks }: FileCheck): Promise<string> {
  const declared = parseMime(contentType)
  if (!declared) fail('unsupported_media_type', 'the Content-Type is not a media type')
  const detected = await detectMime(file.head)
  if (!isMimeOf(declared, { detected, head: file.head, known: supportedMimeTypes })) {
    fail('unsupported_media_type', `the bytes are not ${declared}`, { declared, detected })
  }
  // By what the bytes are, not by what they are called: a program that opens them will do the same.
  if (detected === 'application/pdf') await checks.check(spaceId, 'pdf', file)
  if (declared === 'image/svg+xml' || (!declared.startsWith('text/') && beginsLikeSvg(file.head))) await checks.check(spaceId, 'svg', file)
  return declared
}

/** What the first bytes say; null when they say nothing. */
export async function detectMime(head: Uint8Array): Promise<string | null> {
  return checkSignature((await fileTypeFromBuffer(head))?.mime ?? null, head)
}

const beginsLikeSvg = (head: Uint8Array): boolean => {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 4096))
  return /^[^<]*(?:<[?!][^>]*>[^<]*)*<(?:[\w.-]+:)?svg[\s/>]/i.test(text)
}
