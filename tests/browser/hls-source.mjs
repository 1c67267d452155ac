// A live HLS stream in a directory, made by ffmpeg: H.264 and AAC in fragmented MP4.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {{keep?: boolean}} [options] keep: nothing is deleted, and segments have their times
 * @returns {Promise<{directory: string, stop: () => Promise<void>}>} when the first playlist is there
 */
export async function startHlsSource({ keep = false } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'rill-hls-'));
  const input = [
    '-re',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=15',
    '-re',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440',
  ];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '15'];
  const hls = [
    '-f',
    'hls',
    '-hls_segment_type',
    'fmp4',
    '-hls_time',
    '1',
    '-hls_list_size',
    keep ? '0' : '6',
    '-hls_flags',
    keep ? 'program_date_time' : 'delete_segments',
  ];
  const ffmpeg = spawn(
    'ffmpeg',
    [
      '-loglevel',
      'error',
      ...input,
      ...video,
      '-c:a',
      'aac',
      ...hls,
      '-master_pl_name',
      'index.m3u8',
      'stream.m3u8',
    ],
    { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const ended = once(ffmpeg, 'exit');
  const stop = async () => {
    ffmpeg.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true });
  };
  for (;;) {
    const files = await readdir(directory);
    if (files.includes('index.m3u8') && files.filter((name) => name.endsWith('.m4s')).length > 3) break;
    if (ffmpeg.exitCode !== null) throw new Error('ffmpeg ended early');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { directory, stop };
}
