// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardTelemetry

/// The staff's pages. Each area lists its routes in `Routes+<Area>.swift` beside its pages; this is the only place that
/// knows them all.
package struct StaffSite: Sendable {
    let site: Site

    /// - Throws: `TemplateError` or `CatalogueError` when a page's template or text is broken.
    package init(
        facades: Facades,
        settings: SiteSettings,
        surroundings: Surroundings,
        telemetry: Telemetry
    ) throws {
        site = try Site(
            name: "staff",
            facades: facades,
            routes: Self.routes,
            settings: settings,
            surroundings: surroundings,
            telemetry: telemetry,
            usesStaffSessions: true
        )
    }

    static let routes: [Route] =
        Routes.signIn + DemonstrationPages.routes + Routes.home + Routes.account + Routes.contacts + Routes.imports
        + Routes.segments + Routes.staff + Routes.mailRoutes + Routes.protection + Routes.sending + Routes.destinations
        + Routes.mailPrograms
        + Routes.rates
        + Routes.audit + Routes.campaigns + Routes.messages + Routes.queue + Routes.sent + Routes.checklist

    /// The sections that the navigation offers.
    static let sections: Set<Section> = [.home, .contacts, .segments, .messages, .campaigns, .audit, .settings]
}

/// The areas' tables, each in a file of its own.
enum Routes {}

/// The patients' pages: another origin, another listener, no staff session.
package struct PatientSite: Sendable {
    let site: Site

    /// - Throws: `TemplateError` or `CatalogueError` when a page's template or text is broken.
    package init(
        facades: Facades,
        settings: SiteSettings,
        surroundings: Surroundings,
        telemetry: Telemetry
    ) throws {
        site = try Site(
            name: "patient",
            facades: facades,
            routes: Self.routes,
            settings: settings,
            surroundings: surroundings,
            telemetry: telemetry,
            usesStaffSessions: false
        )
    }

    static let routes: [Route] = Routes.portal + Routes.unsubscribe
}
