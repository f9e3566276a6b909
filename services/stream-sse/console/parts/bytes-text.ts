/** `512 KB`, `41 MB`, `1.5 GB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_048_576) return `${Math.round(bytes / 1024)} KB`
  if (bytes < 1_073_741_824) return `${Math.round(bytes / 1_048_576)} MB`
  return `${(bytes / 1_073_741_824).toFixed(1)} GB`
}
