"""What a viewer shows, beside what ffmpeg decodes of the camera's own stream. The strip at a picture's top (rill-camera's README) says
which of the camera's pictures it is."""

import subprocess

import numpy

CELLS = 40


def luma(picture):
    """Of RGB, rows x columns x 3, as full-range BT.601."""
    return picture @ numpy.array([0.299, 0.587, 0.114])


def read_strip(bright):
    """The number in the strip of a picture's luma; None where there is no whole one."""
    width = bright.shape[1]
    cell = width / CELLS
    middle = bright[int(cell / 2)]
    cells = numpy.array([middle[int((at + 0.5) * cell)] for at in range(CELLS)])
    bits = cells > (cells[0] + cells[39] + cells[1] + cells[38]) / 4

    def number(begin, end):
        return int("".join("1" if bit else "0" for bit in bits[begin:end]), 2)

    value = number(2, 34)
    check = 0
    for shift in range(0, 32, 4):
        check ^= (value >> shift) & 15
    whole = bits[0] and not bits[1] and not bits[38] and bits[39] and number(34, 38) == check
    return value if whole else None


def psnr(one, other, gains):
    """Of two lumas, in dB; 99 where they are the same. A gain between them, up to `gains`, and an offset do not count: browsers and ffmpeg do
    not agree on the matrix and the range of pictures that do not state them. Raises where the gain is another."""
    mean_one, mean_other = one.mean(), other.mean()
    gain = ((one - mean_one) * (other - mean_other)).mean() / max(((other - mean_other) ** 2).mean(), 1e-9)
    if not 1 / gains < gain < gains:
        raise AssertionError(f"{gain:.2f} times the contrast of ffmpeg's decode")
    error = ((one - mean_one - gain * (other - mean_other)) ** 2).mean()
    return 99.0 if error < 1e-4 else float(10 * numpy.log10(255**2 / error))


# Each picture once, whatever its time: ffmpeg must not find two of one moment.
RAW = ["-map", "0:v", "-vf", "settb=1/90000,setpts=N*90000", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24"]


class Reference:
    """A camera's pictures as ffmpeg decodes them, by their number."""

    def __init__(self, url, size, seconds, file):
        """`seconds`: more than one turn of the loop has all of it, wherever that began. `file` is for raw pictures."""
        self._size = size
        self._file = file
        self._ffmpeg = subprocess.Popen(["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-t", str(seconds), "-i", url, *RAW, file],
                                        stderr=subprocess.PIPE)
        self._lumas = None

    def finish(self):
        _, errors = self._ffmpeg.communicate()
        with open(self._file, "rb") as file:
            self._lumas = by_number(lumas_of_rgb(file.read(), self._size))
        if len(self._lumas) < 100:
            raise AssertionError(f"ffmpeg decoded only {len(self._lumas)} pictures with a strip: {errors.decode()}")

    def stop(self):
        with self._ffmpeg:  # waits for it
            self._ffmpeg.kill()

    def compare(self, lumas, is_own):
        """`is_own`: neither gain nor offset may differ. The least PSNR of pictures that should be the camera's. Raises where one is none of them."""
        if len(lumas) == 0:
            raise AssertionError("no picture")
        values = []
        for bright in lumas:
            number = read_strip(bright)
            if number not in self._lumas:
                raise AssertionError(f"a picture of {bright.shape[1]}x{bright.shape[0]} with the strip {number} is none of the camera's")
            if bright.shape != self._lumas[number].shape:
                raise AssertionError(f"{bright.shape[1]}x{bright.shape[0]} instead of {self._size[0]}x{self._size[1]}")
            values.append(psnr(bright, self._lumas[number], 1.03 if is_own else 1.25))
        return min(values)


def lumas_of_i420(data, size):
    """Of pictures in I420 of limited range, one behind the other, their planes without padding."""
    width, height = size
    whole = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
    return [(numpy.frombuffer(data, numpy.uint8, width * height, at).reshape(height, width).astype(float) - 16) * 255 / 219
            for at in range(0, len(data) - whole + 1, whole)]


def lumas_of_rgb(data, size):
    """Of pictures in RGB, one behind the other."""
    width, height = size
    count = len(data) // (width * height * 3)
    return [luma(picture) for picture in numpy.frombuffer(data, numpy.uint8, count * width * height * 3).reshape(count, height, width, 3)]


def by_number(lumas):
    return {number: bright for bright in lumas if (number := read_strip(bright)) is not None}


def tones(samples, rate):
    """Which share of the power of mono samples is in the camera's two tones, 220 Hz and 1 kHz."""
    power = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples)))) ** 2
    frequencies = numpy.fft.rfftfreq(len(samples), 1 / rate)
    near = (abs(frequencies - 220) < 15) | (abs(frequencies - 1000) < 30)
    audible = frequencies > 20
    return float(power[near].sum() / max(power[audible].sum(), 1e-9))
