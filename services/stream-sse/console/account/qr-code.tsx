import { useMemo } from 'react'
import { encode } from 'uqr'

/** Light modules that a scanner needs around the code (ISO/IEC 18004 §5.3.8). */
const border = 4

/** A text as a QR code, dark on light in every colour scheme, made here so that the secret in it goes nowhere. */
export function QrCode({ text, name }: { readonly text: string; readonly name: string }) {
  const { size, data } = useMemo(() => encode(text, { ecc: 'M', border }), [text])
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={name}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} />
      <path d={path} />
    </svg>
  )
}
