import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface NchanFiles {
  readonly nginx: string
  readonly module: string
}

/** Debian's nginx insists on this folder, whatever its settings say; its package makes it. */
const ownFolder = '/var/lib/nginx'

const inFolder = (folder: string): NchanFiles => ({
  nginx: join(folder, 'usr/sbin/nginx'),
  module: join(folder, 'usr/lib/nginx/modules/ngx_nchan_module.so'),
})

/** Debian's nginx with nchan: installed, or its packages unpacked into the cache folder; undefined where neither can be. */
export async function findNchan(cache: string, say: (text: string) => void): Promise<NchanFiles | undefined> {
  const unpacked = join(cache, 'nchan')
  const found = [inFolder('/'), inFolder(unpacked)].find((files) => Object.values(files).every(existsSync))
  if (found && existsSync(ownFolder)) return found
  say('fetching Debian’s nginx and nchan into the cache folder, once')
  await mkdir(unpacked, { recursive: true })
  const fetched = spawnSync('apt-get', ['download', 'nginx', 'libnginx-mod-nchan'], { cwd: unpacked })
  if (fetched.status !== 0) return undefined
  spawnSync('sh', ['-c', 'for package in *.deb; do dpkg-deb -x "$package" .; done'], { cwd: unpacked })
  await mkdir(ownFolder, { recursive: true }).catch(() => {})
  const files = inFolder(unpacked)
  return existsSync(ownFolder) && Object.values(files).every(existsSync) ? files : undefined
}

interface Settings extends NchanFiles {
  readonly folder: string
  readonly port: number
  readonly redisUrl: string
}

const channel = 'nchan_redis_pass redis; nchan_message_buffer_length 10000; nchan_message_timeout 1h;'

/** One process, because one core is measured. */
export const nchanSettings = ({ module, folder, port, redisUrl }: Settings): string => `
load_module ${module};
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
worker_rlimit_nofile 20000;
events { worker_connections 10000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream redis { nchan_redis_server ${redisUrl}; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /ready { return 200; }
    location = /publish { nchan_publisher; nchan_channel_id board; ${channel} }
    location = /events { nchan_subscriber eventsource; nchan_channel_id board; nchan_subscriber_first_message newest; ${channel} }
  }
}
`
