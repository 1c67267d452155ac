// Texts that were right, with a few of their bytes changed: the same ones on every run and every machine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

namespace rill::test {

/// How many mutations a test looks at: RILL_MUTATIONS, or as many as fit into the suite.
inline unsigned mutations(unsigned in_suite) {
    const char* const asked = std::getenv("RILL_MUTATIONS");
    return asked == nullptr ? in_suite : static_cast<unsigned>(std::strtoul(asked, nullptr, 10));
}

/// Makes one text after the other. A failure is found again by its number, for the seed never changes.
class Mutator {
  public:
    static constexpr std::uint32_t seed = 20'260'801;

    /// `interesting`: bytes that mean something in the texts' language, or are wrong in every one.
    explicit Mutator(std::string_view interesting) : interesting_(interesting) {}

    std::string mutated(std::string_view original) {
        std::string text(original);
        // Often only one: more than that seldom leave anything that the next step would look at.
        for (std::size_t n = pick(2) == 0 ? 1 : 1 + pick(8); n > 0; --n)
            change(text);
        return text;
    }
    /// A number below this one; 0 for 0.
    std::size_t pick(std::size_t below) { return random_() % std::max<std::size_t>(below, 1); }

  private:
    /// Draws one after the other: the arguments of one call may be drawn in any order.
    void change(std::string& text) {
        const std::size_t at = pick(text.size());
        switch (pick(6)) {
            case 0:
                text.insert(at, 1, any());
                break;
            case 1:
                text.erase(at, 1 + pick(20));
                break;
            case 2:
                if (!text.empty()) text[at] = static_cast<char>(random_());
                break;
            case 3: {
                const std::size_t from = pick(text.size());
                text.insert(at, text.substr(from, pick(60)));
                break;
            }
            case 4:
                text.resize(at);
                break;
            default:
                const std::size_t times = pick(200);
                text.insert(at, times, any());
        }
    }
    char any() { return interesting_[pick(interesting_.size())]; }

    const std::string_view interesting_;
    std::mt19937 random_{seed};
};

}  // namespace rill::test
