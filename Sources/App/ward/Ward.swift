// SPDX-License-Identifier: Apache-2.0

@main
struct Ward {
    static func main() {}
}
